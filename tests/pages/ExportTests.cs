using System.Text.Json;
using CodeSigning.Pages.Tests.Browser;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>Files of what the activity and the ledger show.</summary>
[Collection(PagesFixture.Collection)]
public sealed class ExportTests(PagesFixture pages)
{
    [Fact]
    public async Task Activity_is_exported_with_the_filters_of_the_page()
    {
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/signers/release?status=denied");
        await ada.Page.GetByText("Export these entries").ClickAsync();
        await ada.IsSoundInEveryLookAsync("activity-export");
        var (name, lines) = await DownloadAsync(ada);

        Assert.Equal("activity.csv", name);
        Assert.NotEmpty(lines[1..]);
        Assert.All(lines[1..], line => Assert.Contains(",sign,denied,ApprovalRequired,", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ledger_is_exported_as_json_lines()
    {
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync("/ledger?kind=admin&outcome=success&from=2020-01-01");
        await administrator.Page.GetByText("Export these entries").ClickAsync();
        await administrator.IsSoundInEveryLookAsync("ledger-export");
        await administrator.Page.GetByLabel("Format").SelectOptionAsync("jsonl");
        var (name, lines) = await DownloadAsync(administrator);

        Assert.Equal("ledger-entries.jsonl", name);
        Assert.InRange(lines.Length, 26, int.MaxValue); // More than the page shows.
        Assert.All(lines, line => Assert.Equal("admin", JsonDocument.Parse(line).RootElement.GetProperty("kind").GetString()));
    }

    [Fact]
    public async Task Export_shows_that_it_goes_on_and_can_be_cancelled()
    {
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        TaskCompletionSource isAsked = new(), isGone = new();
        ada.Page.RequestFailed += (_, _) => isGone.TrySetResult();
        await ada.Page.RouteAsync("**/operations/export*", async route =>
        {
            isAsked.SetResult();
            await isGone.Task; // The server takes as long as it likes.
        });
        await ada.OpenAsync("/signers/release");
        await ada.Page.GetByText("Export these entries").ClickAsync();
        await ada.PressAsync("Download");
        await isAsked.Task;
        await ada.SeesAsync("Exporting…");
        await ada.PressAsync("Cancel");

        await isGone.Task;
        await Assertions.Expect(ada.Page.GetByText("Exporting…")).ToBeHiddenAsync();
        Assert.Equal("/signers/release", ada.Place);
    }

    [Fact]
    public async Task Refused_export_says_why_on_the_page()
    {
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);
        await ada.OpenAsync("/signers/release");
        await ada.Page.GetByText("Export these entries").ClickAsync();
        await ada.Page.EvaluateAsync("document.querySelector('form[data-download]').insertAdjacentHTML('beforeend', '<input type=hidden name=status value=perhaps>')");
        await ada.PressAsync("Download");

        await ada.SeesAsync("The parameter 'status' is invalid");
    }

    private static async Task<(string Name, string[] Lines)> DownloadAsync(Visitor visitor)
    {
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.PressAsync("Download"));
        var text = await File.ReadAllTextAsync(await download.PathAsync());
        return (download.SuggestedFilename, text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'));
    }
}
