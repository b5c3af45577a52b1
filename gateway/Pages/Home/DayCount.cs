using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Pages.Home;

/// <summary>The attempts of a day (UTC) by outcome.</summary>
/// <param name="Day">The day.</param>
/// <param name="Success">How many signed.</param>
/// <param name="Denied">How many were denied.</param>
/// <param name="Failed">How many failed.</param>
public sealed record DayCount(DateOnly Day, int Success, int Denied, int Failed)
{
    /// <summary>How many days are shown.</summary>
    public const int Days = 14;

    /// <summary>All of them.</summary>
    public int All => Success + Denied + Failed;

    /// <summary>The last days with their counts, the oldest first. Pure function.</summary>
    internal static IReadOnlyList<DayCount> Of(IEnumerable<EntryBody> entries, DateTimeOffset now)
    {
        var byDay = entries.ToLookup(entry => DateOnly.FromDateTime(entry.At.UtcDateTime));
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        return [.. Enumerable.Range(1 - Days, Days).Select(today.AddDays).Select(day => new DayCount(
            day, Count(byDay[day], EntryOutcome.Success), Count(byDay[day], EntryOutcome.Denied), Count(byDay[day], EntryOutcome.Failed)))];
    }

    // An entry may stand for several identical denials.
    private static int Count(IEnumerable<EntryBody> entries, EntryOutcome outcome) =>
        entries.Where(entry => entry.Outcome == outcome).Sum(entry => entry.Count ?? 1);
}
