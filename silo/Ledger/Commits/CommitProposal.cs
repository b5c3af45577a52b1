using CodeSigning.Contract;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>A batch with all that its writer proposes: numbers, uses, hashes, seals. A commit checks it and writes all or nothing.</summary>
internal sealed record CommitProposal
{
    public required string Stream { get; init; }

    public required StreamHead Expected { get; init; }

    public required StreamHead Next { get; init; }

    /// <summary>The time that the batch's entries bear, in milliseconds since 1970 (UTC).</summary>
    public required long AtMs { get; init; }

    /// <summary>The earliest time at which one of its decisions no longer holds; null where all hold for ever.</summary>
    public required long? UntilMs { get; init; }

    /// <summary>Every version that the batch rests on or replaces, each once.</summary>
    public required IReadOnlyList<StateVersion> ReadSet { get; init; }

    /// <summary>The states to lock, in the order in which every node locks them.</summary>
    public required IReadOnlyList<(string Type, string Id)> Locks { get; init; }

    public required IReadOnlyList<GrantRun> Uses { get; init; }

    public required IReadOnlyList<SealedWrite> Writes { get; init; }

    /// <summary>The counts of what the batch uses, as they will stand; apart from the writes, since no cache holds them.</summary>
    public required IReadOnlyList<SealedWrite> UseCounts { get; init; }

    public required IReadOnlyList<SealedAnswer> Answers { get; init; }

    public required IReadOnlyList<PlacedEntry> Entries { get; init; }

    /// <summary>The signed head as JSON; null where the batch holds no entry.</summary>
    public required string? Head { get; init; }
}

/// <summary>An entry with its place.</summary>
internal readonly record struct PlacedEntry(
    long Number, long? Use, string OperationId, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId,
    string Json);

/// <summary>A state as it will stand: the version it gets and its seal; version and seal are void for a deletion.</summary>
internal readonly record struct SealedWrite(StateWrite Write, long Version, byte[] Seal);

/// <summary>An answer as it is stored: encrypted.</summary>
internal readonly record struct SealedAnswer(string Caller, string Scope, string Key, byte[] RequestHash, byte[] Answer);

/// <summary>The uses of one grant in a batch: so many are in the ledger before it.</summary>
internal readonly record struct GrantRun(string GrantId, long CountBefore);

/// <summary>How often a grant or a client secret was used, and the version of the sealed row that says so.</summary>
internal readonly record struct UseCount(long Version, long Count);
