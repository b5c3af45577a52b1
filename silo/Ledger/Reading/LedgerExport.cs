using System.Text;
using CodeSigning.Errors;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Reading;

/// <inheritdoc/>
internal sealed class LedgerExport(LedgerPages pages, LedgerArchives archives, ILedgerCommits commits, ILedgerKey key) : ILedgerExport
{
    public async Task WriteAsync(
        Stream destination, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var (_, archive) = await archives.ReadAsync(cancellationToken);
        await WriteAsync(destination, await FindPartAsync(archive, from, to, cancellationToken), cancellationToken);
    }

    /// <summary>Finds what an export contains: what is in a time and lies in no archive.</summary>
    /// <exception cref="RefusedException">All of that time lies in archives.</exception>
    public async Task<LedgerPart> FindPartAsync(
        LedgerArchiveState archive, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        if (archive.Before is { } archived)
        {
            if (to <= archived)
            {
                throw new RefusedException(
                    ErrorCode.InvalidRequest,
                    $"The ledger before {LedgerTime.ToText(LedgerTime.ToMilliseconds(archived))} was moved to archives: "
                    + "ask the operator for the archive of that time. What is asked for with 'from' and 'to' lies before it.");
            }

            from = from > archived ? from : archived;
        }

        // Read checkpoints before ends, so that no checkpoint lists more than the export contains.
        var checkpoints = await FindCheckpointsAsync(archive, from, to, cancellationToken);
        return new LedgerPart(from, to, checkpoints, await ReadEndsAsync(archive, from, to, cancellationToken));
    }

    /// <summary>Writes a part, as <see cref="ILedgerExport.WriteAsync"/> does.</summary>
    public async Task WriteAsync(Stream destination, LedgerPart part, CancellationToken cancellationToken)
    {
        var at = await commits.ReadClockAsync(cancellationToken);
        await WriteLineAsync(
            destination, Encoding.UTF8.GetBytes(ExportText.Sign(at, part.From, part.To, part.Checkpoints, part.Ends, key)), cancellationToken);
        await foreach (var (_, text) in pages.ReadCheckpointsAsync(part.Checkpoints.First, part.Checkpoints.Last, cancellationToken))
        {
            await WriteLineAsync(destination, text, cancellationToken);
        }

        foreach (var end in part.Ends)
        {
            await WriteStreamAsync(destination, end, cancellationToken);
        }

        await destination.FlushAsync(cancellationToken);
    }

    private async Task<(long First, long Last)> FindCheckpointsAsync(
        LedgerArchiveState archive, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var last = (await pages.ReadLastCheckpointAsync(cancellationToken))?.Number ?? 0;
        var first = Math.Max(1, archive.Checkpoint);
        if (from is { } begin)
        {
            first = await pages.FindFirstCheckpointAsync(first, last, LedgerTime.ToText(LedgerTime.ToMilliseconds(begin)), cancellationToken);
        }

        // One checkpoint more than the part's time range: it covers the part's end, or later entries.
        if (to is { } end)
        {
            last = Math.Min(
                last, await pages.FindFirstCheckpointAsync(first, last, LedgerTime.ToText(LedgerTime.ToMilliseconds(end)), cancellationToken));
        }

        return (first, last);
    }

    // A part of a stream extends to the end of its last entry's batch, so that a signed head covers it.
    private async Task<List<StreamEnd>> ReadEndsAsync(
        LedgerArchiveState archive, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var ends = await pages.ReadEndsAsync(cancellationToken);
        if (from is null && to is null)
        {
            return ends;
        }

        List<StreamEnd> parts = [];
        foreach (var end in ends)
        {
            var first = archive.FirstStored(end.Stream);
            first = from is { } begin
                ? await pages.FindFirstEntryAsync(end.Stream, first, end.Number, LedgerTime.ToMilliseconds(begin), cancellationToken)
                : first;
            var last = to is { } until
                ? await pages.FindFirstEntryAsync(end.Stream, first, end.Number, LedgerTime.ToMilliseconds(until), cancellationToken) - 1
                : end.Number;
            if (last < first)
            {
                continue;
            }

            last = Math.Min(end.Number, await pages.FindHeadAsync(end.Stream, last, cancellationToken) ?? last);
            parts.Add(last == end.Number
                ? end with { First = first }
                : new StreamEnd(end.Stream, last, await pages.ReadHashAsync(end.Stream, last, cancellationToken), IsClosed: false) { First = first });
        }

        return parts;
    }

    private async Task WriteStreamAsync(Stream destination, StreamEnd end, CancellationToken cancellationToken)
    {
        await using var heads = pages.ReadHeadsAsync(end.Stream, end.First, end.Number, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasHead = await heads.MoveNextAsync();
        await foreach (var entry in pages.ReadEntriesAsync(end.Stream, end.First, end.Number, cancellationToken))
        {
            while (hasHead && heads.Current.Number < entry.Number)
            {
                hasHead = await WriteHeadAsync();
            }

            await WriteLineAsync(destination, entry.Text, cancellationToken);
        }

        while (hasHead)
        {
            hasHead = await WriteHeadAsync();
        }

        async Task<bool> WriteHeadAsync()
        {
            await WriteLineAsync(destination, heads.Current.Text, cancellationToken);
            return await heads.MoveNextAsync();
        }
    }

    private static async Task WriteLineAsync(Stream destination, byte[] text, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(text, cancellationToken);
        await destination.WriteAsync("\n"u8.ToArray(), cancellationToken);
    }
}

/// <summary>What an export contains.</summary>
/// <param name="From">Only entries at this time or later (UTC); null for no limit.</param>
/// <param name="To">Only entries before this time (UTC), and the rest of the last one's batch; null for no limit.</param>
/// <param name="Checkpoints">The first and last checkpoint; none if the last is before the first.</param>
/// <param name="Ends">The streams, with their first and last entries.</param>
internal sealed record LedgerPart(
    DateTimeOffset? From, DateTimeOffset? To, (long First, long Last) Checkpoints, IReadOnlyList<StreamEnd> Ends);

/// <summary>Exports the ledger in a form that can be verified with the public key, without this service.</summary>
public interface ILedgerExport
{
    /// <summary>
    /// Writes JSON Lines (UTF-8): a signed first line with the part and the end of each stream, the checkpoints, then
    /// each stream with its entries and signed heads. See docs/ledger-format.md. What lies in archives is not in it, and its
    /// first line then says from when on it is a part.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="from">Only entries at this time or later (UTC); null for all.</param>
    /// <param name="to">Only entries before this time (UTC), and the rest of the last one's batch; null for all.</param>
    /// <param name="cancellationToken">Cancels the export, which is then incomplete.</param>
    /// <exception cref="RefusedException">All of that time lies in archives; nothing was written.</exception>
    Task WriteAsync(Stream destination, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken);
}
