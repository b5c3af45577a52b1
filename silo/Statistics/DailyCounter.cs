using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Statistics;

/// <summary>
/// Counts the ledger's attempts to sign by day, from a stored position on, so that a signature costs no more for it. One node at a
/// time does so; should two, the commit takes the counts of one. A row that is missing, changed outside the service or of an
/// earlier format is counted anew from the ledger.
/// </summary>
internal sealed class DailyCounter(
    LedgerPages pages,
    LedgerArchives archives,
    IStateStore states,
    ILedger ledger,
    DailyCountOptions options,
    IOptions<LedgerOptions> node,
    TimeProvider time,
    ILogger<DailyCounter> logger)
{
    /// <summary>The id of the single row.</summary>
    public const string RowId = "attempts";

    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(1);

    /// <summary>Counts the next entries.</summary>
    /// <returns>Whether there are more.</returns>
    public async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        var (version, state) = await ReadAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (state.Format > DailyCountState.CurrentFormat || (state.ClaimedBy != node.Value.Node && state.ClaimedUntil > now))
        {
            // A node of a later release, or another of this one, counts.
            return false;
        }

        var ends = await pages.ReadEndsAsync(cancellationToken);
        var (counted, isMore) = await CountAsync(state, ends, cancellationToken);
        if (counted.Numbers == state.Numbers && state.CountedAt is not null)
        {
            return false;
        }

        var next = counted.Bounded(DateOf(now)) with
        {
            CountedAt = isMore ? state.CountedAt : now,
            ClaimedBy = node.Value.Node,
            ClaimedUntil = now + Claim,
        };
        return await SaveAsync(version, next, cancellationToken) && isMore;
    }

    private async Task<(DailyCountState State, bool IsMore)> CountAsync(
        DailyCountState state, List<StreamEnd> ends, CancellationToken cancellationToken)
    {
        var (_, archive) = await archives.ReadAsync(cancellationToken);
        var room = options.EntriesAtOnce;
        foreach (var end in ends.Where(end => state.Numbers.GetValueOrDefault(end.Stream) < end.Number))
        {
            if (room == 0)
            {
                return (state, true);
            }

            (var first, state) = await FindFirstAsync(state, archive, end, cancellationToken);
            var last = Math.Min(end.Number, first + room - 1);
            var attempts = await pages.ReadAttemptsAsync(end.Stream, first, last, cancellationToken);
            state = state.Add(attempts.Select(Read)) with { Numbers = state.Numbers.SetItem(end.Stream, last) };
            room -= (int)Math.Max(0, last - first + 1);
            if (last < end.Number)
            {
                return (state, true);
            }
        }

        return (state, false);
    }

    // What was archived before it was counted is not in the store any more, and its days cannot be told whole.
    private async Task<(long First, DailyCountState State)> FindFirstAsync(
        DailyCountState state, LedgerArchiveState archive, StreamEnd end, CancellationToken cancellationToken)
    {
        var counted = state.Numbers.GetValueOrDefault(end.Stream);
        var stored = archive.FirstStored(end.Stream);
        if (counted + 1 < stored && archive.Before is { } before && DateOf(before).AddDays(1) is var whole && whole > state.FirstDay)
        {
            state = state with { FirstDay = whole };
        }

        var first = Math.Max(counted + 1, stored);
        return counted > 0
            ? (first, state)
            : (await pages.FindFirstEntryAsync(end.Stream, first, end.Number, BeginningOf(state.FirstDay), cancellationToken), state);
    }

    private static CountedAttempts Read(AttemptRow row) => new(
        row.SignerId ?? "", DateOf(LedgerTime.ToTime(row.AtMs)), row.Outcome, row.Text is null ? row.Entries : TimesOf(row.Text));

    // A text that is no entry is for the verification of the ledger to tell; the counts go on.
    private static long TimesOf(string text)
    {
        try
        {
            using var entry = JsonDocument.Parse(text);
            return entry.RootElement.TryGetProperty("count", out var count) && count.TryGetInt64(out var times) ? times : 1;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return 1;
        }
    }

    private async Task<(long Version, DailyCountState State)> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await states.ReadAsync(StateTypes.DailyCounts, RowId, cancellationToken) is not { } row)
            {
                return (0, Begin());
            }

            var state = row.ReadAs<DailyCountState>();
            return (row.Version, state.Format < DailyCountState.CurrentFormat ? Begin() : state);
        }
        catch (Exception fault) when (fault is StateTamperedException or JsonException)
        {
            logger.LogWarning("The counts of attempts by day are made anew from the ledger: {Cause}", fault.Message);
            var stored = await states.FindStaleAsync([new StateVersion(StateTypes.DailyCounts, RowId, 0)], cancellationToken);
            return (stored is [var found] ? found.Version : 0, Begin());
        }
    }

    private DailyCountState Begin() => new()
    {
        Format = DailyCountState.CurrentFormat,
        FirstDay = DailyCountState.FirstOf(DateOf(time.GetUtcNow())),
    };

    private async Task<bool> SaveAsync(long version, DailyCountState state, CancellationToken cancellationToken)
    {
        StateWrite write = new(StateTypes.DailyCounts, RowId, version, StateJson.Write(state), StateIndex.None);
        return await ledger.CommitAsync(new LedgerElement { Writes = [write] }, cancellationToken) is CommitOutcome.Committed;
    }

    private static DateOnly DateOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    private static long BeginningOf(DateOnly day) => LedgerTime.ToMilliseconds(new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero));
}
