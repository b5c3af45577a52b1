using System.Data.Common;
using System.Diagnostics;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// Reads with a pause before each page, in proportion to the work on the page before: a store or a machine that is busy slows
/// its reader down, and not the other way round.
/// </summary>
/// <param name="connections">What reads.</param>
/// <param name="rest">How long to rest, in times of the work before; 0 for never.</param>
internal sealed class PacedReads(IReadConnections connections, double rest) : IReadConnections
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    private long _began = Stopwatch.GetTimestamp();

    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var pause = Stopwatch.GetElapsedTime(_began) * rest;
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause < LongestRest ? pause : LongestRest, TimeProvider.System, cancellationToken);
        }

        _began = Stopwatch.GetTimestamp();
        return await connections.OpenAsync(cancellationToken);
    }

    public void ForgetPooled() => connections.ForgetPooled();

    public Exception Translate(Exception exception) => connections.Translate(exception);
}
