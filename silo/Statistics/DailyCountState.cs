using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Silo.Statistics;

/// <summary>
/// The attempts to sign by signer, day (UTC) and outcome, with the position in the ledger up to which they are counted: one row
/// for all nodes, so that counts and position are never of two moments. Nothing is decided by it.
/// </summary>
internal sealed record DailyCountState
{
    /// <summary>The format that this release writes. What has another is counted anew.</summary>
    public const int CurrentFormat = 1;

    /// <summary>How many days are kept, today included.</summary>
    public const int MostDays = 92;

    /// <summary>How many counts of a signer on a day are kept, which bounds the row to a few megabytes; the oldest days leave first.</summary>
    public const int MostCounts = 200_000;

    /// <summary>The row's format; 0 if it states none.</summary>
    public int Format { get; init; }

    /// <summary>The first day that is counted.</summary>
    public DateOnly FirstDay { get; init; }

    /// <summary>The number of the last counted entry of each stream.</summary>
    public ImmutableSortedDictionary<string, long> Numbers { get; init; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>By signer and day: how many signed, failed, and were denied, in the order of <see cref="EntryOutcome"/>.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<DateOnly, ImmutableArray<long>>> Signers { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<DateOnly, ImmutableArray<long>>>(StringComparer.Ordinal);

    /// <summary>When everything that the ledger held was counted (UTC); null until the first time.</summary>
    public DateTimeOffset? CountedAt { get; init; }

    /// <summary>The node that counts.</summary>
    public string? ClaimedBy { get; init; }

    /// <summary>Until when the others leave it to that node.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    /// <summary>With these attempts. Pure function.</summary>
    public DailyCountState Add(IEnumerable<CountedAttempts> attempts)
    {
        var signers = Signers.ToBuilder();
        foreach (var bySigner in attempts.Where(one => one.Day >= FirstDay).GroupBy(one => one.SignerId, StringComparer.Ordinal))
        {
            var days = (signers.GetValueOrDefault(bySigner.Key) ?? ImmutableSortedDictionary<DateOnly, ImmutableArray<long>>.Empty).ToBuilder();
            foreach (var byDay in bySigner.GroupBy(one => one.Day))
            {
                days[byDay.Key] = Sum(days.GetValueOrDefault(byDay.Key), byDay);
            }

            signers[bySigner.Key] = days.ToImmutable();
        }

        return this with { Signers = signers.ToImmutable() };
    }

    /// <summary>Without the days that are too old, and without the oldest where there are too many counts. Pure function.</summary>
    public DailyCountState Bounded(DateOnly today)
    {
        var first = FirstDayWithin(MostCounts, FirstDay > FirstOf(today) ? FirstDay : FirstOf(today));
        return first == FirstDay ? this : this with
        {
            FirstDay = first,
            Signers = Signers
                .Select(signer => KeyValuePair.Create(signer.Key, signer.Value.RemoveRange(signer.Value.Keys.Where(day => day < first))))
                .Where(signer => !signer.Value.IsEmpty)
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>The first day that is kept.</summary>
    public static DateOnly FirstOf(DateOnly today) => today.AddDays(1 - MostDays);

    /// <summary>The first day such that no more than a number of counts are of it or later.</summary>
    internal DateOnly FirstDayWithin(int counts, DateOnly first)
    {
        var byDay = Signers.Values.SelectMany(days => days.Keys).Where(day => day >= first).CountBy(day => day);
        foreach (var (day, count) in byDay.OrderByDescending(one => one.Key))
        {
            counts -= count;
            if (counts < 0)
            {
                return day.AddDays(1);
            }
        }

        return first;
    }

    private static ImmutableArray<long> Sum(ImmutableArray<long> before, IEnumerable<CountedAttempts> attempts)
    {
        long[] sums = before.IsDefault ? [0, 0, 0] : [.. before];
        foreach (var one in attempts)
        {
            sums[one.Outcome - EntryOutcome.Success] += one.Times;
        }

        return [.. sums];
    }
}

/// <summary>Attempts of which an entry tells.</summary>
/// <param name="SignerId">The signer; empty if the entry names none.</param>
/// <param name="Day">Their day (UTC).</param>
/// <param name="Outcome">Their outcome.</param>
/// <param name="Times">How many they are: an entry may stand for several identical denials.</param>
internal readonly record struct CountedAttempts(string SignerId, DateOnly Day, EntryOutcome Outcome, long Times);
