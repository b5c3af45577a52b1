using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Recording;

/// <summary>What a grain's save is committed with: the entry that tells of it and all that the decision rested on.</summary>
public sealed record PendingChange
{
    /// <summary>The entry that tells of the change; null only for what is no one's decision, such as a login's session.</summary>
    public EntryDraft? Entry { get; init; }

    /// <summary>The versions that the decision rested on; the saved state's own is checked by its ETag.</summary>
    public ImmutableArray<StateVersion> ReadSet { get; init; } = [];

    /// <summary>The decision holds before this time only.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Other states that change in the same commit.</summary>
    public ImmutableArray<StateWrite> AlsoWrites { get; init; } = [];

    /// <summary>The answer kept for the caller's idempotency key.</summary>
    public IdempotentAnswer? Answer { get; init; }

    /// <summary>Counters that grow with it.</summary>
    public ImmutableArray<CounterUse> Counters { get; init; } = [];
}
