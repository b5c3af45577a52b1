using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Forwarding;

/// <summary>
/// Forwards the ledger's entries and checkpoints, from the beginning of the store on, each at least once and a stream's in
/// order. One node at a time does so; the position is stored after the lines were taken, so a crash repeats some and loses
/// none.
/// </summary>
internal sealed class LedgerForwarder(
    LedgerPages pages,
    IStateStore states,
    ILedger ledger,
    IForwardTarget target,
    ForwardingOptions options,
    IOptions<LedgerOptions> node,
    TimeProvider time)
{
    private const string RowId = "position";
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(1);

    /// <summary>Forwards the next batch.</summary>
    /// <returns>Whether more is there already.</returns>
    /// <exception cref="ForwardingException">The batch was not taken.</exception>
    public async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        var (version, state) = await ReadAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (state.ClaimedBy != node.Value.Node)
        {
            // The claimant's lines may be under way.
            return !(state.ClaimedUntil > now) && await SaveAsync(version, Claimed(state), cancellationToken);
        }

        var batch = await ReadBatchAsync(state, cancellationToken);
        if (batch.Lines.Length == 0)
        {
            return false;
        }

        if (state.ClaimedUntil < now + (Claim / 2))
        {
            return await SaveAsync(version, Claimed(state), cancellationToken);
        }

        await target.SendAsync(batch.Lines.GetBuffer().AsMemory(0, (int)batch.Lines.Length), cancellationToken);
        return await SaveAsync(version, Claimed(batch.Next), cancellationToken) && batch.IsMore;
    }

    private ForwardingState Claimed(ForwardingState state) =>
        state with { ClaimedBy = node.Value.Node, ClaimedUntil = time.GetUtcNow() + Claim };

    // Checkpoints are read before the ends and sent after the entries that they name.
    private async Task<Batch> ReadBatchAsync(ForwardingState state, CancellationToken cancellationToken)
    {
        MemoryStream lines = new();
        var room = options.LinesAtOnce;
        var numbers = state.Numbers;
        var lastCheckpoint = (await pages.ReadLastCheckpointAsync(cancellationToken))?.Number ?? 0;
        foreach (var end in await pages.ReadEndsAsync(cancellationToken))
        {
            var before = numbers.GetValueOrDefault(end.Stream);
            if (before == end.Number)
            {
                continue;
            }

            var last = end.Number;
            await foreach (var entry in pages.ReadEntriesAsync(end.Stream, before + 1, end.Number, cancellationToken).Take(room + 1))
            {
                if (room == 0)
                {
                    return new Batch(lines, state with { Numbers = numbers }, IsMore: true);
                }

                AddLine(lines, entry.Text);
                numbers = numbers.SetItem(end.Stream, entry.Number);
                room--;
            }

            numbers = numbers.SetItem(end.Stream, last);
        }

        var checkpoint = state.Checkpoint;
        await foreach (var (number, text) in pages.ReadCheckpointsAsync(checkpoint + 1, lastCheckpoint, cancellationToken).Take(room))
        {
            AddLine(lines, text);
            checkpoint = number;
        }

        return new Batch(lines, state with { Numbers = numbers, Checkpoint = checkpoint }, IsMore: checkpoint < lastCheckpoint);
    }

    private static void AddLine(MemoryStream lines, byte[] text)
    {
        lines.Write(text);
        lines.WriteByte((byte)'\n');
    }

    private async Task<(long Version, ForwardingState State)> ReadAsync(CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.Forwarding, RowId, cancellationToken) is { } row
            ? (row.Version, row.ReadAs<ForwardingState>())
            : (0, new ForwardingState());

    private async Task<bool> SaveAsync(long version, ForwardingState state, CancellationToken cancellationToken)
    {
        StateWrite write = new(StateTypes.Forwarding, RowId, version, StateJson.Write(state), StateIndex.None);
        return await ledger.CommitAsync(new LedgerElement { Writes = [write] }, cancellationToken) is CommitOutcome.Committed;
    }

    private sealed record Batch(MemoryStream Lines, ForwardingState Next, bool IsMore);
}

/// <summary>How far the ledger was forwarded, and by whom. One row for all nodes.</summary>
internal sealed record ForwardingState
{
    /// <summary>The number of the last entry of each stream.</summary>
    public ImmutableSortedDictionary<string, long> Numbers { get; init; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>The last checkpoint.</summary>
    public long Checkpoint { get; init; }

    /// <summary>The node that forwards.</summary>
    public string? ClaimedBy { get; init; }

    /// <summary>Until when no other may.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }
}

/// <summary>Forwards the ledger as it grows.</summary>
internal sealed class ForwardingService(
    LedgerForwarder forwarder, LedgerMetrics metrics, ForwardingOptions options, TimeProvider time, ILogger<ForwardingService> logger) : BackgroundService
{
    private readonly RepeatedWork _work = new(
        logger,
        time,
        "The ledger is forwarded again.",
        "The ledger could not be forwarded and will be.",
        "The ledger could not be forwarded and will be tried again: fix the cause.");

    private long _upToDateAt;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _upToDateAt = time.GetTimestamp();
        metrics.ObserveForwarding(() => time.GetElapsedTime(Volatile.Read(ref _upToDateAt)));
        return _work.RepeatAsync(options.Interval, ForwardAsync, stoppingToken);
    }

    private async Task ForwardAsync(CancellationToken cancellationToken)
    {
        while (await forwarder.AdvanceAsync(cancellationToken))
        {
        }

        Volatile.Write(ref _upToDateAt, time.GetTimestamp());
    }
}

/// <summary>Registers forwarding.</summary>
internal static class ForwardingRegistration
{
    /// <summary>Adds it where a target is set; the caller adds the storage and the clock.</summary>
    public static void AddForwarding(this IServiceCollection services, ForwardingOptions options)
    {
        if (options.Target is not { } target)
        {
            return;
        }

        services.AddSingleton(options);
        services.AddSingleton<IForwardTarget>(_ => target.IsFile ? new ForwardFile(target.LocalPath) : new ForwardReceiver(target, options.Token));
        services.AddSingleton<LedgerForwarder>();
        services.AddHostedService<ForwardingService>();
    }
}
