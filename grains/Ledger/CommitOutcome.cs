using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Grains.Ledger;

/// <summary>What became of a <see cref="LedgerElement"/>. Either it is durable, or nothing of it was written.</summary>
public abstract record CommitOutcome
{
    private CommitOutcome()
    {
    }

    /// <summary>It is durable.</summary>
    /// <param name="At">The time that the entry bears (UTC).</param>
    /// <param name="Stream">The ledger stream that holds the entry.</param>
    /// <param name="Number">Its number there, from 1; 0 where there was no entry.</param>
    /// <param name="Use">The number of the grant's use, from 1; null where none was taken.</param>
    public sealed record Committed(DateTimeOffset At, string Stream, long Number, long? Use) : CommitOutcome;

    /// <summary>States of the read set, or states to be replaced, have other versions by now: decide again.</summary>
    /// <param name="Actual">The stale ones with the versions they have (0: gone).</param>
    public sealed record Stale(ImmutableArray<StateVersion> Actual) : CommitOutcome;

    /// <summary>The time until which the decision held has come.</summary>
    /// <param name="Now">The database's time (UTC).</param>
    public sealed record TooLate(DateTimeOffset Now) : CommitOutcome;

    /// <summary>The grant's uses are all in the ledger.</summary>
    /// <param name="Used">How many there are.</param>
    public sealed record Exhausted(long Used) : CommitOutcome;

    /// <summary>A counter is at its limit.</summary>
    /// <param name="Id">Which one.</param>
    public sealed record LimitReached(string Id) : CommitOutcome;

    /// <summary>Another state of the kind bears the name.</summary>
    /// <param name="Type">The kind.</param>
    /// <param name="Name">The name.</param>
    public sealed record NameTaken(string Type, string Name) : CommitOutcome;

    /// <summary>The caller's idempotency key has been answered already; see <see cref="IAnswerStore"/>.</summary>
    public sealed record AlreadyAnswered : CommitOutcome;
}

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

/// <summary>The ledger could not take an element. Nothing of it was written; the server's log tells why under <see cref="ErrorId"/>.</summary>
[GenerateSerializer, Alias("codesigning.ElementFailed")]
public sealed class ElementFailedException : Exception
{
    /// <summary>The ledger could not take an element.</summary>
    public ElementFailedException()
        : base("The ledger could not take this. Nothing was written.")
    {
    }

    /// <summary>The ledger could not take an element, for this reason.</summary>
    public ElementFailedException(string message)
        : base(message)
    {
    }

    /// <summary>The ledger could not take an element, for this reason.</summary>
    public ElementFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The id under which the log tells why; null where it does not.</summary>
    [Id(0)]
    public string? ErrorId { get; init; }
}

/// <summary>The ledger takes no more at the moment: too much waits, or the store cannot be written. A retry is safe.</summary>
[GenerateSerializer, Alias("codesigning.LedgerUnavailable")]
public sealed class LedgerUnavailableException : Exception
{
    /// <summary>The ledger takes no more at the moment.</summary>
    public LedgerUnavailableException()
        : base("The ledger cannot be written at the moment.")
    {
    }

    /// <summary>The ledger takes no more at the moment, for this reason.</summary>
    public LedgerUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The ledger takes no more at the moment, for this reason.</summary>
    public LedgerUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
