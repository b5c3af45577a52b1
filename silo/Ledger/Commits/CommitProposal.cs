using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>
/// A batch as proposed by its writer: numbers, uses, hashes, seals. A commit checks it and writes all or nothing.
/// </summary>
internal sealed record CommitProposal
{
    public required string Stream { get; init; }

    public required StreamHead Expected { get; init; }

    public required StreamHead Next { get; init; }

    /// <summary>The time of the batch's entries, in milliseconds since 1970 (UTC).</summary>
    public required long AtMs { get; init; }

    /// <summary>The earliest end of validity of its decisions; null for none.</summary>
    public required long? UntilMs { get; init; }

    /// <summary>The read sets and replaced versions of the batch, each version once.</summary>
    public required IReadOnlyList<StateVersion> ReadSet { get; init; }

    /// <summary>The states to lock, in the order used by all nodes.</summary>
    public required IReadOnlyList<(string Type, string Id)> Locks { get; init; }

    public required IReadOnlyList<GrantRun> Uses { get; init; }

    public required IReadOnlyList<SealedWrite> Writes { get; init; }

    /// <summary>The new use counts, separate from the writes since they are not cached.</summary>
    public required IReadOnlyList<SealedWrite> UseCounts { get; init; }

    public required IReadOnlyList<SealedAnswer> Answers { get; init; }

    public required IReadOnlyList<PlacedEntry> Entries { get; init; }

    /// <summary>The signed head as JSON; null for a batch without entries.</summary>
    public required string? Head { get; init; }
}

/// <summary>An entry with its place.</summary>
internal readonly record struct PlacedEntry(
    long Number, long? Use, string OperationId, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId,
    Utf8Text Json);

/// <summary>A write with its new version and seal, which have no meaning for a deletion.</summary>
internal readonly record struct SealedWrite(StateWrite Write, long Version, byte[] Seal);

/// <summary>An encrypted answer.</summary>
internal readonly record struct SealedAnswer(string Caller, string Scope, string Key, byte[] RequestHash, byte[] Answer);

/// <summary>The uses of one grant in a batch, with the number of uses in the ledger before.</summary>
internal readonly record struct GrantRun(string GrantId, long CountBefore);

/// <summary>The use count of a grant or a client secret, and the version of its sealed row.</summary>
internal readonly record struct UseCount(long Version, long Count);
