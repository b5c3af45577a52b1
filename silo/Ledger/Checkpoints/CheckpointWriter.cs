using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Export;
using CodeSigning.Silo.Ledger.HighWater;
using CodeSigning.Silo.Ledger.Writing;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>Makes checkpoints. Every node tries; the store takes one at a time, and only on top of the last.</summary>
internal sealed class CheckpointWriter(
    LedgerPages pages, ILedgerCommits commits, OwnStream own, ILedgerKey key, HighWaterWatch highWater, IOptions<LedgerOptions> options)
{
    /// <summary>Makes a checkpoint if something changed since the last, and the last is not too young.</summary>
    /// <returns>Whether one was made.</returns>
    public Task<bool> WriteIfDueAsync(CancellationToken cancellationToken) =>
        WriteAsync(options.Value.CheckpointInterval / 2, cancellationToken);

    /// <summary>Makes a checkpoint if something changed since the last.</summary>
    /// <returns>Whether one was made.</returns>
    public Task<bool> WriteAsync(CancellationToken cancellationToken) => WriteAsync(TimeSpan.Zero, cancellationToken);

    private async Task<bool> WriteAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        // The last checkpoint before the streams' ends: then no end can lie before the one that it names.
        var last = await pages.ReadLastCheckpointAsync(cancellationToken);
        if (!await highWater.SeeAsync(last, cancellationToken))
        {
            return false;
        }

        var nowMs = await commits.ReadClockAsync(cancellationToken);
        var at = LedgerTime.ToText(nowMs);
        var lastAt = last is var (_, previous) ? CheckpointText.At(System.Text.Encoding.UTF8.GetBytes(previous)) : "";
        // One from the future shows a clock that was set back, and is no reason to make none until it has caught up.
        if (IsAfter(lastAt, LedgerTime.ToText(nowMs - (long)minimumAge.TotalMilliseconds)) && !IsAfter(lastAt, at))
        {
            return false;
        }

        var ends = await pages.ReadUnsettledEndsAsync(own.Id, cancellationToken);
        if (ends.Count == 0 || (last is not null && CheckpointText.HasHeads(last.Value.Text, ends)))
        {
            return false;
        }

        var number = (last?.Number ?? 0) + 1;
        var text = CheckpointText.Sign(number, last?.Text, IsAfter(lastAt, at) ? lastAt : at, ends, key);
        string[] closed = [.. ends.Where(end => end.IsClosed).Select(end => end.Stream)];
        return await commits.AddCheckpointAsync(number, last?.Text, text, closed, cancellationToken)
            && await highWater.SeeAsync((number, text), cancellationToken);
    }

    private static bool IsAfter(string at, string other) => string.CompareOrdinal(at, other) > 0;
}
