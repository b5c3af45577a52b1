using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// The outcome of committing a <see cref="LedgerElement"/>. Either all of it is durable or none of it was written.
/// </summary>
public abstract record CommitOutcome
{
    private CommitOutcome()
    {
    }

    /// <summary>It is durable.</summary>
    /// <param name="At">The entry's time (UTC).</param>
    /// <param name="Stream">The ledger stream that holds the entry.</param>
    /// <param name="Number">Its number in the stream, from 1; 0 without an entry.</param>
    /// <param name="Use">The number of the grant's use, from 1; null without a use.</param>
    public sealed record Committed(DateTimeOffset At, string Stream, long Number, long? Use) : CommitOutcome;

    /// <summary>Versions of the read set or of replaced states are stale: decide again.</summary>
    /// <param name="Actual">The stale ones with their current versions (0: deleted).</param>
    public sealed record Stale(ImmutableArray<StateVersion> Actual) : CommitOutcome;

    /// <summary>The decision has expired.</summary>
    /// <param name="Now">The database's time (UTC).</param>
    public sealed record TooLate(DateTimeOffset Now) : CommitOutcome;

    /// <summary>The grant has no uses left.</summary>
    /// <param name="Used">The number of uses.</param>
    public sealed record Exhausted(long Used) : CommitOutcome;

    /// <summary>A counter has reached its limit.</summary>
    /// <param name="Id">The counter's id.</param>
    public sealed record LimitReached(string Id) : CommitOutcome;

    /// <summary>Another state of the type has the name.</summary>
    /// <param name="Type">The state's type.</param>
    /// <param name="Name">The name.</param>
    public sealed record NameTaken(string Type, string Name) : CommitOutcome;

    /// <summary>The caller's idempotency key already has an answer; see <see cref="IAnswerStore"/>.</summary>
    public sealed record AlreadyAnswered : CommitOutcome;
}

/// <summary>Why a commit was refused; see <see cref="CommitOutcome"/>.</summary>
public enum CommitRefusal
{
    /// <summary>The decision's read set is stale.</summary>
    Stale,

    /// <summary>The decision has expired.</summary>
    TooLate,

    /// <summary>Another state of the type has the name.</summary>
    NameTaken,

    /// <summary>The caller's idempotency key already has an answer.</summary>
    AlreadyAnswered,

    /// <summary>A counter has reached its limit.</summary>
    LimitReached,
}

/// <summary>
/// A commit was refused, for example because the decision's read set was stale. Nothing was written; the decision is
/// made again with current facts.
/// </summary>
[GenerateSerializer, Alias("codesigning.CommitRefused")]
public sealed class CommitRefusedException : Exception
{
    /// <summary>A commit was refused.</summary>
    public CommitRefusedException()
        : base("The commit was refused: the decision's read set is stale or a limit was reached.")
    {
    }

    /// <summary>A commit was refused.</summary>
    public CommitRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A commit was refused.</summary>
    public CommitRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A commit was refused with this outcome.</summary>
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

    /// <summary>The reason.</summary>
    [Id(0)]
    public CommitRefusal Reason { get; init; }
}

/// <summary>The calls that decided nothing and may be made again, on current facts.</summary>
public static class UndecidedCall
{
    /// <summary>
    /// Whether a call with this exception is one: what it rested on has changed, or its grain was moving or being collected and
    /// rejected it before it began. A call to a node that has died may have begun.
    /// </summary>
    public static bool Is(Exception exception) => exception
        is CommitRefusedException { Reason: CommitRefusal.Stale or CommitRefusal.TooLate }
        or (OrleansMessageRejectionException and not SiloUnavailableException);
}

/// <summary>
/// The ledger could not commit an element. Nothing was written; the log has the cause under <see cref="ErrorId"/>.
/// </summary>
[GenerateSerializer, Alias("codesigning.ElementFailed")]
public sealed class ElementFailedException : Exception
{
    /// <summary>The ledger could not commit an element.</summary>
    public ElementFailedException()
        : base("The ledger could not commit the element: nothing was written.")
    {
    }

    /// <summary>The ledger could not commit an element, for this reason.</summary>
    public ElementFailedException(string message)
        : base(message)
    {
    }

    /// <summary>The ledger could not commit an element, for this reason.</summary>
    public ElementFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The error id of the log entry with the cause; null without one.</summary>
    [Id(0)]
    public string? ErrorId { get; init; }
}

/// <summary>
/// The ledger is temporarily unavailable: its queue is full, or the store cannot be written. A retry is safe.
/// </summary>
[GenerateSerializer, Alias("codesigning.LedgerUnavailable")]
public sealed class LedgerUnavailableException : Exception
{
    /// <summary>The ledger is temporarily unavailable.</summary>
    public LedgerUnavailableException()
        : base("The ledger is temporarily unavailable: retry later.")
    {
    }

    /// <summary>The ledger is temporarily unavailable, for this reason.</summary>
    public LedgerUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The ledger is temporarily unavailable, for this reason.</summary>
    public LedgerUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
