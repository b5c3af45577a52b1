using System.Collections.Immutable;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// What is committed together or not at all: an entry, the states that change with it, and all that must still be true
/// for it to be so. Nothing in it depends on its place in the ledger: number, use, time and hashes are the writer's.
/// </summary>
public sealed record LedgerElement
{
    /// <summary>The entry that tells of it; null only for what is no one's decision (a login's session, housekeeping).</summary>
    public EntryDraft? Entry { get; init; }

    /// <summary>The states that the decision rested on. The commit refuses the element if one has another version by then.</summary>
    public ImmutableArray<StateVersion> ReadSet { get; init; } = [];

    /// <summary>The decision holds before this time by the database's clock, and not at it or after; null for ever.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The states that change.</summary>
    public ImmutableArray<StateWrite> Writes { get; init; } = [];

    /// <summary>The grant that one use is taken of.</summary>
    public GrantUse? Use { get; init; }

    /// <summary>The answer to give again to the same idempotency key.</summary>
    public IdempotentAnswer? Answer { get; init; }

    /// <summary>
    /// Further acts of the same commit, each with an entry, versions and writes of its own: the certificate that is made
    /// with a signer. They take no use, keep no answer and count nothing.
    /// </summary>
    public ImmutableArray<LedgerElement> With { get; init; } = [];

    /// <summary>Counters that grow by one, each up to its limit (a client secret's logins).</summary>
    public ImmutableArray<CounterUse> Counters { get; init; } = [];
}
