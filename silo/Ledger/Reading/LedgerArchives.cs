using System.Collections.Immutable;
using System.Security.Cryptography;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Ledger.Reading;

/// <summary>Reads what of the ledger lies in archives, outside the store.</summary>
internal sealed class LedgerArchives(IStateStore states)
{
    /// <summary>The id of the single row.</summary>
    public const string RowId = "ledger";

    /// <summary>The kind of the row, for verification.</summary>
    public static StateKind Kind { get; } = StateKind.WithoutIndex(StateTypes.LedgerArchive);

    /// <summary>What lies in archives, and the row's version; nothing and 0 before the first archive.</summary>
    /// <exception cref="StateTamperedException">The row was changed outside the service.</exception>
    public async Task<(long Version, LedgerArchiveState Archive)> ReadAsync(CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.LedgerArchive, RowId, cancellationToken) is { } row
            ? (row.Version, row.ReadAs<LedgerArchiveState>())
            : (0, LedgerArchiveState.None);
}

/// <summary>
/// What of the ledger lies in archives: of each stream the entries up to a number, and the checkpoints before one. The row is
/// sealed, and the entry that tells of each archive names its version. Of archived entries the store keeps the administrative
/// ones, each grant's last use and each stream's last entry, against which states, quotas and chains are verified.
/// </summary>
internal sealed record LedgerArchiveState
{
    /// <summary>No archive.</summary>
    public static LedgerArchiveState None { get; } = new() { IsPruned = true };

    /// <summary>All entries before this time (UTC) lie in archives; null for no archive.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>The checkpoint that the stored ones begin with; 0 if they begin with the first.</summary>
    public long Checkpoint { get; init; }

    /// <summary>The hash of its text, lower-case hex; null without one.</summary>
    public string? CheckpointHash { get; init; }

    /// <summary>Whether what lies in archives was removed from the store; false while it is being removed.</summary>
    public bool IsPruned { get; init; }

    /// <summary>The streams of which entries lie in archives.</summary>
    public ImmutableArray<ArchivedStream> Streams { get; init; } = [];

    /// <summary>What of a stream lies in archives; null for nothing.</summary>
    public ArchivedStream? Find(string stream) => Streams.FirstOrDefault(one => one.Stream == stream);

    /// <summary>The number of a stream's first entry that lies in no archive.</summary>
    public long FirstStored(string stream) => (Find(stream)?.Last ?? 0) + 1;
}

/// <summary>A stream of which entries lie in archives.</summary>
/// <param name="Stream">Its id.</param>
/// <param name="Last">The number of the last archived entry, which the store keeps.</param>
/// <param name="Hash">That entry's hash, lower-case hex.</param>
/// <param name="Kept">How many of the archived entries the store keeps.</param>
/// <param name="KeptHash">Their <see cref="KeptDigest"/>, lower-case hex.</param>
internal sealed record ArchivedStream(string Stream, long Last, string Hash, long Kept, string KeptHash);

/// <summary>The SHA-256 of the hashes of a stream's archived entries that the store keeps, in their order.</summary>
internal sealed class KeptDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the next entry's hash, lower-case hex.</summary>
    public void Add(string entryHash)
    {
        _hash.AppendData(Convert.FromHexString(entryHash));
        Count++;
    }

    /// <summary>The digest so far, lower-case hex.</summary>
    public string Compute() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();
}
