using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Silo.Statistics;
using Xunit;

namespace CodeSigning.Silo.Tests.Statistics;

/// <summary>What the row of the counts keeps.</summary>
public sealed class DailyCountStateTests
{
    private static readonly DateOnly Today = new(2026, 11, 26);

    [Fact]
    public void Days_older_than_92_leave()
    {
        var state = Begin().Add([Signed("sgn_1", Today), Signed("sgn_1", Today.AddDays(-91)), Signed("sgn_2", Today.AddDays(-91))]);

        var tomorrow = state.Bounded(Today.AddDays(1));

        Assert.Equal(Today.AddDays(-90), tomorrow.FirstDay);
        Assert.Equal([Today], tomorrow.Signers["sgn_1"].Keys);
        Assert.False(tomorrow.Signers.ContainsKey("sgn_2"));
        Assert.Same(state, state.Bounded(Today));
    }

    [Fact]
    public void Attempts_before_the_first_day_are_not_counted() =>
        Assert.Empty(Begin().Add([Signed("sgn_1", Today.AddDays(-92))]).Signers);

    [Fact]
    public void Oldest_days_leave_where_signers_are_many()
    {
        var state = Begin().Add(Enumerable.Range(0, 10).SelectMany(signer => Enumerable.Range(0, 3).Select(day => Signed($"sgn_{signer}", Today.AddDays(-day)))));

        Assert.Equal(Today.AddDays(-1), state.FirstDayWithin(counts: 25, state.FirstDay));
        Assert.Equal(state.FirstDay, state.FirstDayWithin(counts: 30, state.FirstDay));
    }

    [Fact]
    public void Full_row_is_a_few_megabytes()
    {
        var state = Begin().Add(Enumerable.Range(0, 10_000).SelectMany(signer => Enumerable.Range(0, 25)
            .Select(day => new CountedAttempts($"sgn_{signer:d26}", Today.AddDays(-day), EntryOutcome.Success, 1_000_000)))).Bounded(Today);

        Assert.Equal(DailyCountState.MostCounts, state.Signers.Values.Sum(days => days.Count));
        Assert.InRange(StateJson.Write(state).Length, 0, 8 * 1024 * 1024);
    }

    private static DailyCountState Begin() => new() { Format = DailyCountState.CurrentFormat, FirstDay = DailyCountState.FirstOf(Today) };

    private static CountedAttempts Signed(string signerId, DateOnly day) => new(signerId, day, EntryOutcome.Success, 1);
}
