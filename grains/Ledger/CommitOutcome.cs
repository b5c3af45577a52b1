using System.Collections.Immutable;
using CodeSigning.Ledger;

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
