using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Reading;

namespace CodeSigning.Silo.Statistics;

/// <summary>Reads how many attempts to sign there were by day and outcome, at a cost that does not grow with the ledger.</summary>
public sealed class DailyCounts
{
    private readonly IStateStore _states;
    private readonly LedgerPages _pages;
    private readonly TimeProvider _time;
    private volatile Known _known = new(0, new DailyCountState());

    internal DailyCounts(IStateStore states, LedgerPages pages, TimeProvider time) => (_states, _pages, _time) = (states, pages, time);

    /// <summary>The counts of the last days (UTC), today included, the oldest first.</summary>
    /// <param name="signerIds">The signers; null for all attempts.</param>
    /// <param name="days">How many days, 1 to 92.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<CountedDays> ReadAsync(IReadOnlySet<string>? signerIds, int days, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var state = await ReadAsync(cancellationToken);
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var counts = Sum(state, signerIds, today.AddDays(1 - days));
        var isCurrent = state.CountedAt is not null && await IsCurrentAsync(state, cancellationToken);
        return new CountedDays(
            [.. Enumerable.Range(1 - days, days).Select(today.AddDays).Select(day => Of(day, counts.GetValueOrDefault(day)))],
            state.FirstDay,
            isCurrent ? now : state.CountedAt,
            isCurrent);
    }

    private static Dictionary<DateOnly, long[]> Sum(DailyCountState state, IReadOnlySet<string>? signerIds, DateOnly first)
    {
        Dictionary<DateOnly, long[]> sums = [];
        foreach (var (day, counts) in state.Signers.Where(signer => signerIds?.Contains(signer.Key) != false).SelectMany(signer => signer.Value))
        {
            if (day < first)
            {
                continue;
            }

            if (!sums.TryGetValue(day, out var sum))
            {
                sums.Add(day, sum = new long[counts.Length]);
            }

            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += counts[i];
            }
        }

        return sums;
    }

    private static DayCount Of(DateOnly day, long[]? counts) => counts is [var success, var failed, var denied]
        ? new DayCount(day, success, denied, failed)
        : new DayCount(day, 0, 0, 0);

    // Streams that ended long ago are left out: they cannot hold what is newer than the counts.
    private async Task<bool> IsCurrentAsync(DailyCountState state, CancellationToken cancellationToken) =>
        (await _pages.ReadUnsettledEndsAsync(own: null, cancellationToken)).All(end => state.Numbers.GetValueOrDefault(end.Stream) >= end.Number);

    // A row that cannot be read counts as none until it is made anew.
    private async Task<DailyCountState> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var known = _known;
            var (isChanged, row) = await _states.ReadIfChangedAsync(StateTypes.DailyCounts, DailyCounter.RowId, known.Version, cancellationToken);
            if (isChanged)
            {
                _known = known = row is null ? new Known(0, new DailyCountState()) : new Known(row.Version, row.ReadAs<DailyCountState>());
            }

            return known.State.Format == DailyCountState.CurrentFormat ? known.State : new DailyCountState();
        }
        catch (Exception fault) when (fault is StateTamperedException or JsonException)
        {
            return new DailyCountState();
        }
    }

    private sealed record Known(long Version, DailyCountState State);
}

/// <summary>The attempts to sign of some days.</summary>
/// <param name="Days">The days, the oldest first.</param>
/// <param name="CountedFrom">The first day (UTC) that is counted; days before it have no counts.</param>
/// <param name="CountedTo">Up to when everything is counted (UTC): now, or a little earlier; null while nothing was counted yet.</param>
/// <param name="IsCurrent">Whether that is now.</param>
public sealed record CountedDays(IReadOnlyList<DayCount> Days, DateOnly CountedFrom, DateTimeOffset? CountedTo, bool IsCurrent);

/// <summary>The attempts to sign of a day (UTC) by outcome.</summary>
/// <param name="Day">The day.</param>
/// <param name="Success">How many signed.</param>
/// <param name="Denied">How many were denied.</param>
/// <param name="Failed">How many failed.</param>
public sealed record DayCount(DateOnly Day, long Success, long Denied, long Failed)
{
    /// <summary>All of them.</summary>
    public long All() => Success + Denied + Failed;
}
