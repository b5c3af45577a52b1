using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Logging;

/// <summary>
/// Logs the trouble of a piece of work that is repeated: once when it begins and once when it is over, however often it is
/// met meanwhile. What passes by itself is told by its cause; what nobody foresaw also by its stack.
/// </summary>
internal sealed class TroubleLog(ILogger logger, TimeProvider time)
{
    // Trouble that has a new cause each time is told of no more often.
    private const int MostCauses = 8;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = [];
    private long _beganAt;

    /// <summary>Whether an exception tells of surroundings that are away, which is expected to pass.</summary>
    public static bool IsPassing(Exception exception) =>
        exception is StoreUnavailableException or StoreContentionException or LedgerUnavailableException or OrleansException or TimeoutException;

    /// <summary>What lies at the bottom of an exception, in one line.</summary>
    public static string CauseOf(Exception exception)
    {
        var innermost = exception.GetBaseException();
        return (ReferenceEquals(innermost, exception) ? exception.Message : $"{exception.Message} {innermost.Message}").ReplaceLineEndings(" ");
    }

    /// <summary>Notes that the work failed.</summary>
    /// <param name="exception">Why.</param>
    /// <param name="passing">What that means where it is expected to pass: a sentence.</param>
    /// <param name="lasting">What it means otherwise.</param>
    public void Met(Exception exception, string passing, string lasting)
    {
        var isPassing = IsPassing(exception);
        if (!IsNew(isPassing ? "" : $"{exception.GetType()}: {exception.Message}"))
        {
            return;
        }

        if (isPassing)
        {
            logger.LogWarning("{What} {Cause}", passing, CauseOf(exception));
        }
        else
        {
            logger.LogError(exception, "{What}", lasting);
        }
    }

    /// <summary>Notes that the work was done.</summary>
    /// <param name="what">What is well again: a sentence.</param>
    public void Over(string what)
    {
        TimeSpan lasted;
        lock (_gate)
        {
            if (_told.Count == 0)
            {
                return;
            }

            _told.Clear();
            lasted = time.GetElapsedTime(_beganAt);
        }

        logger.LogInformation("{What} The trouble lasted {Duration}.", what, TimeSpan.FromSeconds(Math.Round(lasted.TotalSeconds)));
    }

    private bool IsNew(string cause)
    {
        lock (_gate)
        {
            if (_told.Count == 0)
            {
                _beganAt = time.GetTimestamp();
            }

            return _told.Count < MostCauses && _told.Add(cause);
        }
    }
}
