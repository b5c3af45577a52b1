using System.Text;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Reading;

/// <inheritdoc/>
internal sealed class LedgerExport(LedgerPages pages, ILedgerCommits commits, ILedgerKey key) : ILedgerExport
{
    public async Task WriteAsync(
        Stream destination, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        // Read checkpoints before ends, so that no checkpoint lists more than the export contains.
        var checkpoints = await FindCheckpointsAsync(from, to, cancellationToken);
        var ends = await ReadEndsAsync(from, to, cancellationToken);
        var at = await commits.ReadClockAsync(cancellationToken);
        await WriteLineAsync(
            destination, Encoding.UTF8.GetBytes(ExportText.Sign(at, from, to, checkpoints, ends, key)), cancellationToken);
        await foreach (var (_, text) in pages.ReadCheckpointsAsync(checkpoints.First, checkpoints.Last, cancellationToken))
        {
            await WriteLineAsync(destination, text, cancellationToken);
        }

        foreach (var end in ends)
        {
            await WriteStreamAsync(destination, end, cancellationToken);
        }

        await destination.FlushAsync(cancellationToken);
    }

    private async Task<(long First, long Last)> FindCheckpointsAsync(
        DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var last = (await pages.ReadLastCheckpointAsync(cancellationToken))?.Number ?? 0;
        var first = from is { } begin
            ? await pages.FindFirstCheckpointAsync(last, LedgerTime.ToText(LedgerTime.ToMilliseconds(begin)), cancellationToken)
            : 1;
        // One checkpoint more than the part's time range: it covers the part's end, or later entries.
        if (to is { } end)
        {
            last = Math.Min(last, await pages.FindFirstCheckpointAsync(last, LedgerTime.ToText(LedgerTime.ToMilliseconds(end)), cancellationToken));
        }

        return (first, last);
    }

    // A part of a stream extends to the end of its last entry's batch, so that a signed head covers it.
    private async Task<List<StreamEnd>> ReadEndsAsync(DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var ends = await pages.ReadEndsAsync(cancellationToken);
        if (from is null && to is null)
        {
            return ends;
        }

        List<StreamEnd> parts = [];
        foreach (var end in ends)
        {
            var first = from is { } begin
                ? await pages.FindFirstEntryAsync(end.Stream, end.Number, LedgerTime.ToMilliseconds(begin), cancellationToken)
                : 1;
            var last = to is { } until
                ? await pages.FindFirstEntryAsync(end.Stream, end.Number, LedgerTime.ToMilliseconds(until), cancellationToken) - 1
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

/// <summary>Exports the ledger in a form that can be verified with the public key, without this service.</summary>
public interface ILedgerExport
{
    /// <summary>
    /// Writes JSON Lines (UTF-8): a signed first line with the part and the end of each stream, the checkpoints, then
    /// each stream with its entries and signed heads. See docs/ledger-format.md.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="from">Only entries at this time or later (UTC); null for all.</param>
    /// <param name="to">Only entries before this time (UTC), and the rest of the last one's batch; null for all.</param>
    /// <param name="cancellationToken">Cancels the export, which is then incomplete.</param>
    Task WriteAsync(Stream destination, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken);
}
