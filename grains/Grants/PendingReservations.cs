namespace CodeSigning.Grains.Grants;

/// <summary>
/// The uses of one grant that are reserved and neither committed nor given up. It only keeps a grant's signers from computing
/// signatures that the ledger would refuse, and lets the last ones wait for each other; the ledger holds the limit.
/// Used from one grain's turns, one at a time.
/// </summary>
internal sealed class PendingReservations(TimeProvider time)
{
    /// <summary>How long a use is kept for a caller that never says what became of it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<long, DateTimeOffset> _deadlines = [];
    private TaskCompletionSource _oneEnded = NewSignal();
    private long _last;

    /// <summary>How many are pending.</summary>
    public int Count => _deadlines.Count;

    /// <summary>Keeps one.</summary>
    public long Add()
    {
        _deadlines[++_last] = time.GetUtcNow() + Lifetime;
        return _last;
    }

    /// <summary>Ends one and wakes everybody who waits: each looks again for itself.</summary>
    public void Remove(long reservation)
    {
        if (!_deadlines.Remove(reservation))
        {
            return;
        }

        var signal = _oneEnded;
        _oneEnded = NewSignal();
        signal.SetResult();
    }

    /// <summary>Ends those whose callers never came back.</summary>
    public void RemoveOverdue()
    {
        var now = time.GetUtcNow();
        foreach (var overdue in _deadlines.Where(pair => pair.Value <= now).Select(pair => pair.Key).ToArray())
        {
            Remove(overdue);
        }
    }

    /// <summary>Completes when one has ended, or when even those must have that never end by themselves.</summary>
    public async Task WaitForOneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _oneEnded.Task.WaitAsync(Lifetime, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            RemoveOverdue();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
