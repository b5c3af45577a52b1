using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>
/// Writes checkpoints. Every node tries; the store accepts one at a time, and only as the successor of the last.
/// </summary>
internal sealed class CheckpointWriter(
    LedgerPages pages, ILedgerCommits commits, OwnStream own, ILedgerKey key, HighWaterWatch highWater, IOptions<LedgerOptions> options)
{
    /// <summary>Writes a checkpoint if the ledger changed since the last and the last is old enough.</summary>
    /// <returns>Whether one was written.</returns>
    public Task<bool> WriteIfDueAsync(CancellationToken cancellationToken) =>
        WriteAsync(options.Value.CheckpointInterval / 2, cancellationToken);

    /// <summary>Writes a checkpoint if the ledger changed since the last.</summary>
    /// <returns>Whether one was written.</returns>
    public Task<bool> WriteAsync(CancellationToken cancellationToken) => WriteAsync(TimeSpan.Zero, cancellationToken);

    private async Task<bool> WriteAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        // Read the last checkpoint before the streams' ends, so that no end is before the one that it names.
        var last = await pages.ReadLastCheckpointAsync(cancellationToken);
        if (!await highWater.SeeAsync(last, cancellationToken))
        {
            return false;
        }

        var nowMs = await commits.ReadClockAsync(cancellationToken);
        var at = LedgerTime.ToText(nowMs);
        var lastAt = last is var (_, previous) ? CheckpointText.At(System.Text.Encoding.UTF8.GetBytes(previous)) : "";
        // A checkpoint from the future shows a clock that was set back; do not wait until the clock catches up.
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

/// <summary>Writes a checkpoint every few seconds if the ledger changed.</summary>
internal sealed class CheckpointService(
    SilentStreams silent,
    CheckpointWriter writer,
    TimeProvider time,
    IOptions<LedgerOptions> options,
    ILogger<CheckpointService> logger) : BackgroundService
{
    private readonly RepeatedWork _work = new(
        logger,
        time,
        "Checkpoints are written again.",
        "The checkpoint could not be written and will be retried.",
        "The checkpoint could not be written and will be retried: verify the ledger, since it may have been changed outside the service.");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _work.RepeatAsync(options.Value.CheckpointInterval, WriteAsync, stoppingToken);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await silent.CloseAsync(cancellationToken);
        await writer.WriteIfDueAsync(cancellationToken);
    }
}
