namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>What is remembered of one account, address, or pair of them that failed.</summary>
/// <param name="Key">Names it.</param>
/// <param name="Failures">How many failures count.</param>
/// <param name="LastFailure">When the last of them was (UTC).</param>
/// <param name="BlockedUntil">Until when nothing more is tried (UTC).</param>
internal sealed record FailureRecord(UInt128 Key, int Failures, DateTimeOffset LastFailure, DateTimeOffset BlockedUntil)
{
    public bool IsBlockedAt(DateTimeOffset now) => BlockedUntil > now;
}
