using CodeSigning.Pages.Tests.Browser;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>The ledger's pages.</summary>
[Collection(PagesFixture.Collection)]
public sealed class LedgerTests(PagesFixture pages)
{
    [Fact]
    public async Task Entry_is_found_by_filters_and_shows_its_place()
    {
        var name = $"Group {Guid.NewGuid():n}"[..20];
        (await pages.Scene.Administrator.PostAsync("/api/v1/groups", new { name })).Succeeded();
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/ledger");
        await administrator.FollowAsync("Administration");
        await administrator.FollowAsync("Success");
        await administrator.IsAtAsync("/ledger?kind=admin&outcome=success");
        await administrator.Page.GetByRole(AriaRole.Link, new() { Name = $"Created a group: {name}" }).ClickAsync();

        await administrator.SeesAsync("Its place in the ledger");
        await administrator.IsSoundInEveryLookAsync("entry");
        await administrator.FollowAsync(name);
        await administrator.SeesAsync("Nobody is in this group");
    }

    [Fact]
    public async Task One_button_verifies_and_says_what_was_checked()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/ledger/evidence");
        await administrator.PressAsync("Verify the ledger");

        await administrator.SeesAsync("Intact");
        await administrator.SeesAsync("every entry's hash and its chain to the entry before");
        await administrator.IsSoundInEveryLookAsync("verified");
    }

    [Fact]
    public async Task Verification_shows_that_it_goes_on_and_can_be_cancelled()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/ledger/evidence");

        // Within one script: Playwright itself would wait for the answer.
        var shown = await administrator.Page.EvaluateAsync<bool[]>("""
            () => {
              const wait = document.querySelector('[data-wait]');
              wait.closest('form').querySelector('button:not([type])').click();
              const isShown = !wait.hidden;
              wait.querySelector('[data-stop]').click();
              return [isShown, !wait.hidden];
            }
            """);

        Assert.Equal([true, false], shown);
        Assert.Equal("/ledger/evidence", administrator.Place);
    }

    [Fact]
    public async Task Export_is_downloaded_as_a_file()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/ledger/evidence");
        var download = await administrator.Page.RunAndWaitForDownloadAsync(() => administrator.PressAsync("Download the export"));

        Assert.Equal("ledger.jsonl", download.SuggestedFilename);
        Assert.Contains("\"kind\":\"admin\"", await File.ReadAllTextAsync(await download.PathAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_shows_that_it_goes_on_and_can_be_cancelled()
    {
        await using var administrator = await AsAdministratorAsync();
        TaskCompletionSource isAsked = new(), isGone = new();
        administrator.Page.RequestFailed += (_, _) => isGone.TrySetResult();
        await administrator.Page.RouteAsync("**/ledger/evidence", async route =>
        {
            if (route.Request.Method != "POST")
            {
                await route.ContinueAsync();
                return;
            }

            isAsked.SetResult();
            await isGone.Task; // The server takes as long as it likes.
        });
        await administrator.OpenAsync("/ledger/evidence");
        await administrator.PressAsync("Download the export");
        await isAsked.Task;
        await administrator.SeesAsync("Exporting…");
        await administrator.PressAsync("Cancel");

        await isGone.Task;
        await Assertions.Expect(administrator.Page.GetByText("Exporting…")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Export_of_an_unknown_day_is_refused_on_the_page()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/ledger/evidence");
        await administrator.Page.EvaluateAsync("document.querySelector('input[name=from]').type = 'text'");
        await administrator.Page.Locator("input[name=from]").FillAsync("yesterday");
        await administrator.PressAsync("Download the export");

        await administrator.SeesAsync("expected a day such as 2026-01-31");
    }

    [Fact]
    public async Task Member_of_a_signer_reads_its_entries_and_no_others()
    {
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/ledger?signer=release");
        await ada.SeesAsync("Created a signer: release");
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Created a signer: release" }).ClickAsync();
        await ada.SeesAsync("Its place in the ledger");

        Assert.Equal(403, (await ada.OpenAsync("/ledger"))!.Status);
        Assert.Equal(403, (await ada.OpenAsync("/ledger/evidence"))!.Status);
        Assert.Equal(403, (await ada.OpenAsync("/ledger/checkpoints"))!.Status);
    }

    private Task<Visitor> AsAdministratorAsync() => pages.VisitAsync(pages.Scene.Administrator.Token);
}
