using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Pages.Home;
using CodeSigning.Gateway.Pages.Signers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Pages.Tests.Browser;

namespace CodeSigning.Pages.Tests;

/// <summary>What the overview tells.</summary>
[Collection(PagesFixture.Collection)]
public sealed class OverviewTests(PagesFixture pages)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Overview_shows_an_operator_own_requests_and_denials()
    {
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/overview");

        await ada.SeesAsync("Sign with release");
        await ada.SeesAsync("ApprovalRequired");
    }

    [Fact]
    public void Days_count_attempts_by_outcome()
    {
        var days = DayCount.Of([Entry(Now, EntryOutcome.Success), Entry(Now, EntryOutcome.Denied, count: 3), Entry(Now.AddDays(-1), EntryOutcome.Failed)], Now);

        Assert.Equal(DayCount.Days, days.Count);
        Assert.Equal(new DayCount(new DateOnly(2026, 11, 26), 1, 3, 0), days[^1]);
        Assert.Equal(new DayCount(new DateOnly(2026, 11, 25), 0, 0, 1), days[^2]);
        Assert.All(days.Take(12), day => Assert.Equal(0, day.All));
    }

    [Fact]
    public void Activity_link_names_its_filters()
    {
        var link = new ActivityLink("denied", From: ActivityLink.ToTime("2026-11-26T12:00"));

        Assert.Equal("/signers/release?status=denied&from=2026-11-26T12%3A00%3A00Z", link.Under("/signers/release"));
    }

    private static EntryBody Entry(DateTimeOffset at, EntryOutcome outcome, int? count = null) =>
        new("op_1", EntryKind.Sign, at, outcome, new Actor(PrincipalKind.User, "usr_1", "Ada"), "str_1", 1, "", "", Count: count);
}
