namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// The database's clock as this node guesses it between commits: its own plus the difference last seen. Entries bear
/// that time; the commit refuses a guess that is far off and tells the true time.
/// </summary>
internal sealed class DatabaseClock(TimeProvider time, LedgerMetrics metrics)
{
    private long _offsetMs;
    private long _lastMs;

    /// <summary>The time for the next batch; never before the one of the batch before.</summary>
    public long Next() => Math.Max(_lastMs, time.GetUtcNow().ToUnixTimeMilliseconds() + _offsetMs);

    /// <summary>Notes what the database's clock showed just now.</summary>
    public void Observe(long nowMs)
    {
        _offsetMs = nowMs - time.GetUtcNow().ToUnixTimeMilliseconds();
        metrics.ClockSkew(TimeSpan.FromMilliseconds(-_offsetMs));
    }

    /// <summary>Whether the database's clock lies so far behind the last batch that no commit takes the time of another.</summary>
    public bool IsAheadOf(long nowMs, TimeSpan tolerance) => _lastMs - nowMs > (long)tolerance.TotalMilliseconds;

    /// <summary>Forgets the last batch: the next one is the first of another stream.</summary>
    public void BeginAnew() => _lastMs = 0;

    /// <summary>Notes the time of a batch that was committed.</summary>
    public void Committed(long atMs) => _lastMs = Math.Max(_lastMs, atMs);
}
