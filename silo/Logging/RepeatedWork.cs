using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Logging;

/// <summary>
/// The background work of a service, repeated until the host stops. A failed round is logged by <see cref="TroubleLog"/> and
/// repeated: an unhandled exception would stop the host, and with it the signing and the verification of the ledger.
/// </summary>
/// <param name="logger">The service's logger.</param>
/// <param name="time">The clock.</param>
/// <param name="over">The message of the recovery after failures.</param>
/// <param name="passing">The message of a transient failure.</param>
/// <param name="lasting">The message of any other failure.</param>
internal sealed class RepeatedWork(ILogger logger, TimeProvider time, string over, string passing, string lasting)
{
    private readonly TroubleLog _trouble = new(logger, time);

    /// <summary>Repeats rounds until the host stops.</summary>
    /// <param name="interval">The time between the beginnings of rounds.</param>
    /// <param name="round">One round.</param>
    /// <param name="stoppingToken">Canceled when the host stops; that is no failure.</param>
    /// <param name="isDue">Whether the first round begins at once, not after an interval.</param>
    public async Task RepeatAsync(
        TimeSpan interval, Func<CancellationToken, Task> round, CancellationToken stoppingToken, bool isDue = false)
    {
        using PeriodicTimer timer = new(interval, time);
        try
        {
            for (; isDue || await timer.WaitForNextTickAsync(stoppingToken); isDue = false)
            {
                await TryAsync(round, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    /// <summary>Runs one round; a failure is logged.</summary>
    public async Task TryAsync(Func<CancellationToken, Task> round, CancellationToken cancellationToken)
    {
        try
        {
            await round(cancellationToken);
            _trouble.Over(over);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _trouble.Met(exception, passing, lasting);
        }
    }
}
