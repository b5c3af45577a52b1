namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>What is remembered of one account, address, or pair of them.</summary>
internal sealed class FailureRecord(UInt128 key)
{
    private DateTimeOffset _lastFailure;

    public UInt128 Key { get; } = key;

    /// <summary>How many failures count at the moment.</summary>
    public int Failures { get; private set; }

    /// <summary>How many attempts are under way.</summary>
    public int UnderWay { get; set; }

    /// <summary>Until when nothing more is tried.</summary>
    public DateTimeOffset BlockedUntil { get; private set; }

    public bool IsBlockedAt(DateTimeOffset now) => BlockedUntil > now;

    public void Fail(ThrottleRule rule, DateTimeOffset now)
    {
        Failures++;
        _lastFailure = now;
        BlockedUntil = now + rule.DelayAfter(Failures);
    }

    public void Clear()
    {
        Failures = 0;
        BlockedUntil = default;
    }

    public void ForgetBefore(DateTimeOffset time)
    {
        if (_lastFailure < time)
        {
            Clear();
        }
    }
}
