namespace CodeSigning.Grains.Ledger;

/// <summary>
/// A commit was refused: the state that it replaces, the caller, a group or another state that the
/// decision rested on has changed. The decision is made again with fresh facts; nothing was written.
/// </summary>
[GenerateSerializer, Alias("codesigning.CommitRefused")]
public sealed class CommitRefusedException : Exception
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
