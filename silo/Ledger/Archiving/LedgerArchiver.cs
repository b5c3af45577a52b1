using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Archiving;

/// <summary>
/// Moves the beginning of the ledger into a file, so that the store does not only grow. Only the database's owner may remove
/// entries: a node cannot, so this is a verb's work.
/// </summary>
internal sealed class LedgerArchiver(
    LedgerArchives archives,
    LedgerExport export,
    LedgerPages pages,
    ILedgerVerification verification,
    ILedger ledger,
    ILedgerKey key,
    ILedgerPruning pruning,
    TimeProvider time)
{
    private static readonly TimeSpan MinimumAge = TimeSpan.FromDays(1);

    /// <summary>Removes what an interrupted run had archived and not yet removed.</summary>
    /// <returns>Whether there was such a run.</returns>
    /// <exception cref="RefusedException">The database's role may not remove entries.</exception>
    public async Task<bool> FinishAsync(CancellationToken cancellationToken)
    {
        var (version, archive) = await archives.ReadAsync(cancellationToken);
        if (archive.IsPruned)
        {
            return false;
        }

        await pruning.RequireRightAsync(cancellationToken);
        await PruneAsync(version, archive, await FindKeptAsync(archive.Streams.Select(one => (one.Stream, one.Last)), cancellationToken), cancellationToken);
        return true;
    }

    /// <summary>
    /// Verifies the ledger, writes the entries and checkpoints before a time into a file, verifies that, records it in the
    /// ledger, and removes them from the store.
    /// </summary>
    /// <param name="path">The file, which must not exist.</param>
    /// <param name="before">The time (UTC), at least a day ago.</param>
    /// <param name="cancellationToken">Ends it; what was recorded is removed by <see cref="FinishAsync"/>.</param>
    /// <returns>What was archived; null if there is nothing before that time.</returns>
    /// <exception cref="RefusedException">The time is too late, or the database's role may not remove entries.</exception>
    /// <exception cref="InvalidDataException">The ledger or the file is not intact; nothing was removed.</exception>
    public async Task<ArchivedPart?> ArchiveAsync(string path, DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (before > time.GetUtcNow() - MinimumAge)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The time must be at least a day ago: entries of the last day stay in the store.");
        }

        var (version, archive) = await archives.ReadAsync(cancellationToken);
        if (archive.Before >= before)
        {
            return null;
        }

        await pruning.RequireRightAsync(cancellationToken);
        RequireIntact(await verification.VerifyAsync(full: true, cancellationToken), "The ledger");
        var part = await export.FindPartAsync(archive, from: null, before, cancellationToken);
        if (part.Ends.Count == 0)
        {
            return null;
        }

        var file = await WriteAsync(path, part, cancellationToken);
        var kept = await FindKeptAsync(LastOfEach(archive, part), cancellationToken);
        var next = await NextAsync(archive, part, before, kept, cancellationToken);
        var entries = part.Ends.Sum(end => end.Number - end.First + 1);
        await RecordAsync(
            version,
            next,
            "ledger.archive",
            Changes.None.Saying("before", before).Saying("file", Path.GetFileName(path)).Saying("sha256", file).Saying("entries", entries),
            cancellationToken);
        await PruneAsync(version + 1, next, kept, cancellationToken);
        return new ArchivedPart(entries, next.Checkpoint - Math.Max(1, archive.Checkpoint), file);
    }

    private static void RequireIntact(VerificationReport report, string what)
    {
        if (!report.Intact)
        {
            throw new InvalidDataException(
                $"{what} is not intact, and nothing was removed from the store: {report.Problems.Count} problems, the first: {report.Problems[0].What}");
        }
    }

    // The file is read back from the disk: what was written is verified, not what was to be written.
    private async Task<string> WriteAsync(string path, LedgerPart part, CancellationToken cancellationToken)
    {
        PrivateFiles.Create(path);
        try
        {
            await using (FileStream file = new(path, FileMode.Open, FileAccess.Write))
            {
                await export.WriteAsync(file, part, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            using VerificationKeys keys = new();
            keys.Add(key.PublicKey.Span);
            await using FileStream written = new(path, FileMode.Open, FileAccess.Read);
            RequireIntact(await LedgerVerifier.VerifyAsync(written, keys, [], cancellationToken), $"The archive {path}");
            written.Position = 0;
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static IEnumerable<(string Stream, long Last)> LastOfEach(LedgerArchiveState archive, LedgerPart part)
    {
        var moved = part.Ends.ToDictionary(end => end.Stream, end => end.Number);
        return moved.Select(end => (end.Key, end.Value))
            .Concat(archive.Streams.Where(one => !moved.ContainsKey(one.Stream)).Select(one => (one.Stream, one.Last)));
    }

    // It depends on the archived entries alone, and on none that was removed: an interrupted run finds the same.
    private async Task<KeptEntries> FindKeptAsync(IEnumerable<(string Stream, long Last)> streams, CancellationToken cancellationToken)
    {
        KeptEntries kept = new();
        foreach (var (stream, last) in streams)
        {
            await foreach (var entry in pages.ReadEntriesAsync(stream, 1, last, cancellationToken))
            {
                kept.Add(stream, last, entry);
            }
        }

        return kept;
    }

    private async Task<LedgerArchiveState> NextAsync(
        LedgerArchiveState archive, LedgerPart part, DateTimeOffset before, KeptEntries kept, CancellationToken cancellationToken)
    {
        var checkpoint = part.Checkpoints.Last < part.Checkpoints.First ? archive.Checkpoint : part.Checkpoints.Last;
        List<ArchivedStream> streams = [];
        foreach (var (stream, last) in LastOfEach(archive, part))
        {
            var (count, digest) = kept.Digest(stream);
            streams.Add(new ArchivedStream(stream, last, await pages.ReadHashAsync(stream, last, cancellationToken), count, digest));
        }

        return new LedgerArchiveState
        {
            Before = before,
            Checkpoint = checkpoint,
            CheckpointHash = await ReadCheckpointHashAsync(checkpoint, cancellationToken),
            Streams = [.. streams.OrderBy(one => one.Stream, StringComparer.Ordinal)],
        };
    }

    private async Task<string?> ReadCheckpointHashAsync(long number, CancellationToken cancellationToken)
    {
        await foreach (var (_, text) in pages.ReadCheckpointsAsync(number, number, cancellationToken))
        {
            return CheckpointText.Hash(System.Text.Encoding.UTF8.GetString(text));
        }

        return null;
    }

    private async Task PruneAsync(long version, LedgerArchiveState archive, KeptEntries kept, CancellationToken cancellationToken)
    {
        foreach (var stream in archive.Streams)
        {
            if (kept.Digest(stream.Stream) != (stream.Kept, stream.KeptHash))
            {
                throw new InvalidDataException(
                    $"The archived entries of stream {stream.Stream} are not those that were recorded, so nothing more was removed: run 'silo check'.");
            }

            await pruning.RemoveEntriesAsync(stream.Stream, stream.Last, kept.Numbers(stream.Stream), cancellationToken);
        }

        await pruning.RemoveCheckpointsAsync(archive.Checkpoint, cancellationToken);
        await RecordAsync(
            version,
            archive with { IsPruned = true },
            "ledger.prune",
            Changes.None.Saying("before", archive.Before).Saying("checkpoint", archive.Checkpoint),
            cancellationToken);
        await pruning.ReclaimAsync(cancellationToken);
    }

    private Task RecordAsync(long version, LedgerArchiveState next, string action, Changes changes, CancellationToken cancellationToken)
    {
        StateWrite write = new(StateTypes.LedgerArchive, LedgerArchives.RowId, version, StateJson.Write(next), StateIndex.None);
        return ledger.RecordAsync(Change.By(Caller.System, action, "ledger", "entries", changes, time).Writing(write), cancellationToken);
    }
}

/// <summary>What was moved into an archive.</summary>
/// <param name="Entries">The number of entries in it.</param>
/// <param name="Checkpoints">The number of checkpoints removed from the store.</param>
/// <param name="Sha256">The file's SHA-256, lower-case hex.</param>
internal sealed record ArchivedPart(long Entries, long Checkpoints, string Sha256);

/// <summary>
/// Finds which archived entries the store keeps: administrative ones, since states are verified against them; the last use of
/// each grant, since quotas count from it; and the last of each stream, since its chain goes on from it.
/// </summary>
internal sealed class KeptEntries
{
    private readonly Dictionary<string, SortedDictionary<long, string>> _kept = [];
    private readonly Dictionary<string, (long Use, string Stream, long Number, bool IsKeptAnyway)> _uses = [];

    /// <summary>Adds an archived entry.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="last">The number of the stream's last archived entry.</param>
    /// <param name="entry">The entry.</param>
    public void Add(string stream, long last, EntryRow entry)
    {
        var isKept = entry.Number == last || entry.Kind == EntryWords.Of(EntryKind.Admin);
        var isLastUse = entry is { Use: { } use, GrantId: { } grant } && IsLastUse(stream, entry.Number, grant, use, isKept);
        if (isKept || isLastUse)
        {
            Of(stream)[entry.Number] = EntryText.TryGetStatedHash(entry.Text, out var hash)
                ? System.Text.Encoding.ASCII.GetString(hash)
                : throw new InvalidDataException($"Entry {entry.Number} of stream {stream} is not in the form of the ledger: run 'silo check'.");
        }
    }

    /// <summary>The numbers of a stream's kept entries, in order.</summary>
    public IReadOnlyList<long> Numbers(string stream) => [.. Of(stream).Keys];

    /// <summary>The number of a stream's kept entries and their <see cref="KeptDigest"/>.</summary>
    public (long Count, string Digest) Digest(string stream)
    {
        using KeptDigest digest = new();
        foreach (var hash in Of(stream).Values)
        {
            digest.Add(hash);
        }

        return (digest.Count, digest.Compute());
    }

    private bool IsLastUse(string stream, long number, string grant, long use, bool isKept)
    {
        if (_uses.TryGetValue(grant, out var last))
        {
            if (last.Use > use)
            {
                return false;
            }

            if (!last.IsKeptAnyway)
            {
                Of(last.Stream).Remove(last.Number);
            }
        }

        _uses[grant] = (use, stream, number, isKept);
        return true;
    }

    private SortedDictionary<long, string> Of(string stream)
    {
        if (!_kept.TryGetValue(stream, out var kept))
        {
            _kept.Add(stream, kept = []);
        }

        return kept;
    }
}
