namespace CodeSigning.Grains.Ledger;

/// <summary>Why a save was refused; see <see cref="CommitOutcome"/>.</summary>
public enum CommitRefusal
{
    /// <summary>States that the decision rested on have other versions by now.</summary>
    Stale,

    /// <summary>The time until which the decision held has come.</summary>
    TooLate,

    /// <summary>Another state of the kind bears the name.</summary>
    NameTaken,

    /// <summary>The caller's idempotency key has been answered already.</summary>
    AlreadyAnswered,

    /// <summary>A counter is at its limit.</summary>
    LimitReached,
}
