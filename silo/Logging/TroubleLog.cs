using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Logging;

/// <summary>
/// Logs the faults of repeated work once when they begin and once when they end. Transient faults are logged with their
/// cause, unexpected ones also with their stack.
/// </summary>
internal sealed class TroubleLog(ILogger logger, TimeProvider time)
{
    // Bounds the log of a fault that has a new cause each time.
    private const int MostCauses = 8;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = [];
    private long _beganAt;

    /// <summary>Whether an exception is a transient fault of the environment.</summary>
    public static bool IsPassing(Exception exception) =>
        exception is StoreUnavailableException or StoreContentionException or LedgerUnavailableException or OrleansException or TimeoutException;

    /// <summary>The innermost cause of an exception, in one line.</summary>
    public static string CauseOf(Exception exception)
    {
        var innermost = exception.GetBaseException();
        return (ReferenceEquals(innermost, exception) ? exception.Message : $"{exception.Message} {innermost.Message}").ReplaceLineEndings(" ");
    }

    /// <summary>Logs a failure, unless it was logged already.</summary>
    /// <param name="exception">The fault.</param>
    /// <param name="passing">The message if the fault is transient.</param>
    /// <param name="lasting">The message otherwise.</param>
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

    /// <summary>Logs the recovery after failures.</summary>
    /// <param name="what">The message of the recovery.</param>
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

        logger.LogInformation("{What} The fault lasted {Duration}.", what, TimeSpan.FromSeconds(Math.Round(lasted.TotalSeconds)));
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
