using System.Data.Common;
using System.Diagnostics;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>Verifies the stored ledger and states in pages.</summary>
internal sealed class StoredLedgerVerifier(LedgerPages pages, LedgerArchives archives, StateVerifier states)
{
    /// <summary>Runs one pass, from the previous pass's checkpoint to the current end of the ledger.</summary>
    public async Task<VerificationReport> VerifyAsync(VerificationProgress progress, CancellationToken cancellationToken)
    {
        progress.BeginPass();
        await VerifyLedgerAsync(progress, cancellationToken);
        ProblemList stateProblems = new();
        var missing = await states.VerifyAsync(progress.Written, progress.Uses.Verified, stateProblems, cancellationToken);
        if (missing.Count > 0)
        {
            // A state deleted meanwhile has an entry for that by now.
            await VerifyLedgerAsync(progress, cancellationToken);
            foreach (var name in missing.Where(name => progress.Written.Versions[name] > 0).Order(StringComparer.Ordinal))
            {
                stateProblems.Add(null, null, $"The stored {name} is missing; the ledger does not tell of its deletion.");
            }
        }

        return new VerificationReport(
            progress.Entries, progress.CheckpointsSeen, [.. progress.Problems.All.Concat(stateProblems.All).Distinct()])
        {
            VerifiedFrom = progress.From,
        };
    }

    private async Task VerifyLedgerAsync(VerificationProgress progress, CancellationToken cancellationToken)
    {
        var archive = await ReadArchiveAsync(progress, cancellationToken);
        var lastCheckpoint = (await pages.ReadLastCheckpointAsync(cancellationToken))?.Number ?? 0;
        var ends = await pages.ReadEndsAsync(cancellationToken);
        await ContinueAfterArchivedCheckpointsAsync(progress, archive, cancellationToken);
        if (lastCheckpoint < progress.Checkpoints.Number)
        {
            progress.Problems.Add(null, lastCheckpoint + 1, $"Checkpoints were cut off: {progress.Checkpoints.Number} was there before.");
        }

        await CheckLastVerifiedAsync(progress, cancellationToken);
        await foreach (var (_, text) in pages.ReadCheckpointsAsync(progress.Checkpoints.Number + 1, lastCheckpoint, cancellationToken))
        {
            progress.Checkpoints.Add(text);
        }

        foreach (var end in ends)
        {
            await VerifyStreamAsync(progress, end, archive, cancellationToken);
        }

        var known = ends.Select(end => end.Stream).ToHashSet();
        foreach (var stream in progress.Checkpoints.Streams.Union(progress.Streams.Keys).Where(stream => !known.Contains(stream)))
        {
            progress.Problems.Add(stream, 1, "The stream is missing.");
        }

        await FindStrayEntriesAsync(progress, cancellationToken);
        progress.Checkpoints.ForgetChecked();
        progress.Uses.Finish(isPart: false);
    }

    private async Task<LedgerArchiveState> ReadArchiveAsync(VerificationProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            return (await archives.ReadAsync(cancellationToken)).Archive;
        }
        catch (StateTamperedException tampered)
        {
            progress.Problems.Add(null, null, tampered.Message);
            return LedgerArchiveState.None;
        }
    }

    private async Task ContinueAfterArchivedCheckpointsAsync(
        VerificationProgress progress, LedgerArchiveState archive, CancellationToken cancellationToken)
    {
        if (archive.CheckpointHash is not { } hash)
        {
            return;
        }

        if (progress.Checkpoints.Number < archive.Checkpoint)
        {
            progress.Checkpoints.ContinueAfter(archive.Checkpoint, hash);
        }

        await foreach (var (number, _) in pages.ReadCheckpointsAsync(1, archive.Checkpoint - 1, cancellationToken).Take(archive.IsPruned ? 1 : 0))
        {
            progress.Problems.Add(null, number, $"Checkpoint {number} lies in an archive and was inserted again.");
        }
    }

    private async Task CheckLastVerifiedAsync(VerificationProgress progress, CancellationToken cancellationToken)
    {
        var (number, hash) = (progress.Checkpoints.Number, progress.Checkpoints.Hash);
        if (number == 0 || hash is null)
        {
            return;
        }

        await foreach (var (_, text) in pages.ReadCheckpointsAsync(number, number, cancellationToken))
        {
            if (CheckpointText.Hash(System.Text.Encoding.UTF8.GetString(text)) != hash)
            {
                progress.Problems.Add(null, number, $"Checkpoint {number} is not the one that was verified before: it was changed or replaced.");
            }
        }
    }

    // Lists show every row, so rows outside their stream's range must be found.
    private async Task FindStrayEntriesAsync(VerificationProgress progress, CancellationToken cancellationToken)
    {
        await foreach (var stream in pages.ReadStreamsOfEntriesAsync(cancellationToken))
        {
            foreach (var number in await pages.ReadStrayEntriesAsync(stream, cancellationToken))
            {
                progress.Problems.Add(stream, number, "The entry lies outside its stream: it was inserted, or the stream was cut off.");
            }
        }
    }

    private async Task VerifyStreamAsync(
        VerificationProgress progress, StreamEnd end, LedgerArchiveState archive, CancellationToken cancellationToken)
    {
        var stream = progress.Stream(end.Stream);
        var archived = archive.Find(end.Stream);
        await CheckVerifiedEndsAsync(progress, stream, archived?.Last ?? 0, cancellationToken);
        if (archived is not null && stream.Number < archived.Last)
        {
            await VerifyKeptAsync(progress, archived, archive.IsPruned, cancellationToken);
            stream.ContinueAfter(archived.Last, archived.Hash);
        }

        var first = stream.Number + 1;
        await using var heads = pages.ReadHeadsAsync(end.Stream, first, end.Number, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasHead = await heads.MoveNextAsync();
        await foreach (var row in pages.ReadEntriesAsync(end.Stream, first, end.Number, cancellationToken))
        {
            while (hasHead && heads.Current.Number < row.Number)
            {
                hasHead = await AddHeadAsync();
            }

            Add(progress, stream, row);
        }

        while (hasHead)
        {
            hasHead = await AddHeadAsync();
        }

        // A stream closed after it was verified to its end: its closing head is at an entry already seen.
        if (end.IsClosed && !stream.IsClosed)
        {
            await foreach (var (_, text) in pages.ReadHeadsAsync(end.Stream, end.Number, end.Number, cancellationToken).Skip(1))
            {
                stream.AddHead(text);
            }
        }

        stream.Finish();
        progress.Checkpoints.CheckEnd(end.Stream, stream.Number);
        CheckEnd(progress, stream, end);

        async Task<bool> AddHeadAsync()
        {
            stream.AddHead(heads.Current.Text);
            return await heads.MoveNextAsync();
        }
    }

    // Entries that are not read again are covered by their end: check this pass's start and the previous pass's end.
    private async Task CheckVerifiedEndsAsync(
        VerificationProgress progress, StreamVerifier stream, long archived, CancellationToken cancellationToken)
    {
        var name = stream.Stream;
        foreach (var (number, hash) in new[] { (stream.Number, stream.Hash), progress.EndBefore(name) }.Distinct())
        {
            if (number > 0 && number >= archived && await pages.ReadHashAsync(name, number, cancellationToken) != hash)
            {
                progress.Problems.Add(name, number, "The entry is not the one that was verified before: it was changed or removed.");
            }
        }

        // A checkpoint may list entries that an earlier pass verified.
        foreach (var (number, hash) in progress.Checkpoints.NamedUpTo(name, stream.Number))
        {
            if (number >= archived && await pages.ReadHashAsync(name, number, cancellationToken) != hash)
            {
                progress.Problems.Add(name, number, "The entry is not the one that a checkpoint names: it, or one before it, was changed.");
            }
        }
    }

    private static void Add(VerificationProgress progress, StreamVerifier stream, EntryRow row)
    {
        progress.Entries++;
        if (stream.AddEntry(row.Text) is not { } entry)
        {
            return;
        }

        progress.Add(entry);
        CheckColumns(progress, row, entry);
    }

    // Between the archived entries that the store keeps, no chain shows whether one was changed, removed or inserted.
    private async Task VerifyKeptAsync(
        VerificationProgress progress, ArchivedStream archived, bool isPruned, CancellationToken cancellationToken)
    {
        using KeptDigest kept = new();
        await foreach (var row in pages.ReadEntriesAsync(archived.Stream, 1, archived.Last, cancellationToken))
        {
            if (ParsedEntry.TryRead(row.Text) is not { } entry)
            {
                progress.Problems.Add(archived.Stream, row.Number, "The entry is not in the form of the ledger: it was changed.");
                continue;
            }

            if (entry.ActualHash != entry.StatedHash || entry.Stream != archived.Stream)
            {
                progress.Problems.Add(archived.Stream, row.Number, "The entry was changed: its hash does not fit its text and place.");
            }

            kept.Add(entry.ActualHash);
            progress.AddKept(entry);
            CheckColumns(progress, row, entry);
        }

        if (isPruned && (kept.Count, kept.Compute()) != (archived.Kept, archived.KeptHash))
        {
            progress.Problems.Add(
                archived.Stream, archived.Last,
                $"The entries up to {archived.Last} lie in an archive, and those kept here are not the {archived.Kept} that its record names: "
                + "one was changed, removed or inserted.");
        }
    }

    // Lists and counts use the columns, so these must match the text.
    private static void CheckColumns(VerificationProgress progress, EntryRow row, ParsedEntry entry)
    {
        if (row.Number != entry.Number || row.OperationId != entry.OperationId || row.Kind != entry.Kind || row.Outcome != entry.Outcome
            || row.SignerId != entry.SignerId || row.ActorId != entry.ActorId || row.GrantId != entry.GrantId || row.Use != entry.Use
            || LedgerTime.ToText(row.AtMs) != entry.At)
        {
            progress.Problems.Add(entry.Stream, entry.Number, "A column of the entry was changed: it does not say what the entry's text says.");
        }
    }

    private static void CheckEnd(VerificationProgress progress, StreamVerifier stream, StreamEnd end)
    {
        if (stream.Number != end.Number)
        {
            progress.Problems.Add(end.Stream, stream.Number + 1, $"The stream ends at entry {stream.Number}, and its head names entry {end.Number}.");
        }
        else if (stream.Hash is not null && stream.Hash != end.Hash)
        {
            progress.Problems.Add(end.Stream, end.Number, "The last entry is not the one that the stream's head names.");
        }
        else if (end.IsClosed && !stream.IsClosed)
        {
            progress.Problems.Add(end.Stream, end.Number, "The signed head that closes the stream is missing.");
        }
    }
}

/// <summary>
/// Pauses before each page in proportion to the time of the previous page, so that a busy store slows verification, not
/// the other way round.
/// </summary>
/// <param name="connections">The underlying connections.</param>
/// <param name="rest">The pause as a multiple of the previous work; 0 for none.</param>
internal sealed class PacedReads(IReadConnections connections, double rest) : IReadConnections
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    private long _began = Stopwatch.GetTimestamp();

    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var pause = Stopwatch.GetElapsedTime(_began) * rest;
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause < LongestRest ? pause : LongestRest, TimeProvider.System, cancellationToken);
        }

        _began = Stopwatch.GetTimestamp();
        return await connections.OpenAsync(cancellationToken);
    }

    public void ForgetPooled() => connections.ForgetPooled();

    public Exception Translate(Exception exception) => connections.Translate(exception);
}
