using System.Globalization;
using CodeSigning.Gateway.Pages.Signers;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Silo.Statistics;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Pages.Tests;

/// <summary>What the overview tells.</summary>
[Collection(PagesFixture.Collection)]
public sealed class OverviewTests(PagesFixture pages)
{
    [Fact]
    public async Task Overview_shows_an_operator_own_requests_and_denials()
    {
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/overview");

        await ada.SeesAsync("Sign with release");
        await ada.SeesAsync("ApprovalRequired");
    }

    [Fact]
    public async Task Chart_counts_all_attempts_with_signers_of_its_reader()
    {
        (await pages.Scene.SignAsync(pages.Scene.Ada, "nightly")).Succeeded();
        await CountAsync();
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/overview");
        await ada.Page.GetByText("The numbers").ClickAsync();
        var (signed, denied) = (await TodayAsync(ada, "Signed"), await TodayAsync(ada, "Denied"));
        await using var eli = await pages.VisitAsync(pages.Scene.Eli.Token);
        await eli.OpenAsync("/overview");
        await eli.Page.GetByText("The numbers").ClickAsync();

        Assert.InRange(denied, 1, long.MaxValue);
        Assert.InRange(await TodayAsync(eli, "Signed"), 2, signed - 1); // He reads nightly, and she signs with release too.
        await ada.IsSoundInEveryLookAsync("overview-counts");
    }

    [Fact]
    public async Task Chart_says_up_to_when_it_counted()
    {
        await CountAsync();
        (await pages.Scene.SignAsync(pages.Scene.Ada, "nightly")).Succeeded();
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/overview");

        await ada.SeesAsync("counted up to");
    }

    [Fact]
    public void Activity_link_names_its_filters()
    {
        var link = new ActivityLink("denied", From: ActivityLink.ToTime("2026-11-26T12:00"));

        Assert.Equal("/signers/release?status=denied&from=2026-11-26T12%3A00%3A00Z", link.Under("/signers/release"));
    }

    private async Task CountAsync()
    {
        var counter = pages.Server.Services.GetRequiredService<DailyCounter>();
        while (await counter.AdvanceAsync(CancellationToken.None))
        {
        }
    }

    private static async Task<long> TodayAsync(Visitor visitor, string column) => long.Parse(
        await visitor.Page.Locator($"details tbody tr:first-child td[data-label='{column}']").InnerTextAsync(), CultureInfo.InvariantCulture);
}
