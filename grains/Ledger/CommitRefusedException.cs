namespace CodeSigning.Grains.Ledger;

/// <summary>
/// A grain's save was refused for a reason that is not its own version: the caller, a group or another state that the
/// decision rested on has changed. The decision is made again with fresh facts; nothing was written.
/// </summary>
/// <remarks>An <see cref="OrleansException"/>, since the grain model wraps every other one that leaves a storage.</remarks>
[GenerateSerializer, Alias("codesigning.CommitRefused")]
public sealed class CommitRefusedException : OrleansException
{
    /// <summary>A save was refused.</summary>
    public CommitRefusedException()
        : base("What the decision rested on has changed meanwhile.")
    {
    }

    /// <summary>A save was refused.</summary>
    public CommitRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A save was refused.</summary>
    public CommitRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A save was refused with this outcome.</summary>
    public CommitRefusedException(CommitOutcome outcome)
        : this()
    {
        Reason = outcome switch
        {
            CommitOutcome.Stale => CommitRefusal.Stale,
            CommitOutcome.TooLate => CommitRefusal.TooLate,
            CommitOutcome.NameTaken => CommitRefusal.NameTaken,
            CommitOutcome.AlreadyAnswered => CommitRefusal.AlreadyAnswered,
            CommitOutcome.LimitReached or CommitOutcome.Exhausted => CommitRefusal.LimitReached,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        };
    }

    /// <summary>Why.</summary>
    [Id(0)]
    public CommitRefusal Reason { get; init; }
}
