using System.Runtime.CompilerServices;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests.Browser;

/// <summary>Somebody who looks at pages.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private static readonly string[] Serious = ["serious", "critical"];

    private const float Patience = 10_000; // Milliseconds.

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    public Visitor(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.SetDefaultTimeout(Patience);
        page.PageError += (_, error) => _complaints.Add(error);
        page.Console += (_, message) =>
        {
            // What a page refuses is an answer with its status, which the browser reports too.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Add(message.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>The path and query of the page.</summary>
    public string Place => new Uri(Page.Url).PathAndQuery;

    public Task<IResponse?> OpenAsync(string path) => Page.GotoAsync(path);

    public Task FillAsync(string label, string text) => Page.GetByLabel(label, new PageGetByLabelOptions { Exact = true }).FillAsync(text);

    public Task PressAsync(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true }).ClickAsync();

    /// <summary>Presses the first of several buttons of the same name.</summary>
    public Task PressFirstAsync(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true }).First.ClickAsync();

    /// <summary>Presses a button of the dialog that is open.</summary>
    public Task PressInDialogAsync(string name) => Page.GetByRole(AriaRole.Dialog)
        .GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = name, Exact = true }).ClickAsync();

    /// <summary>Follows a link.</summary>
    public Task FollowAsync(string name) => Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name, Exact = true }).ClickAsync();

    /// <summary>The page is this one, or becomes it.</summary>
    public async Task IsAtAsync(string place) =>
        await Assertions.Expect(Page).ToHaveURLAsync(new Uri(new Uri(Page.Url), place).ToString());

    /// <summary>The page shows this text.</summary>
    public async Task SeesAsync(string text) => await Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    /// <summary>The page has no serious violation of accessibility, nothing its policy forbids, and is no wider than the screen.</summary>
    public async Task IsSoundAsync()
    {
        var violations = (await Page.RunAxe()).Violations.Where(violation => Serious.Contains(violation.Impact)).Select(Describe).ToArray();
        Assert.True(violations.Length == 0, $"{Place}: {string.Join(Environment.NewLine, violations)}");
        Assert.True(_complaints.Count == 0, $"{Place}: {string.Join(Environment.NewLine, _complaints)}");
        var overflow = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(overflow <= 0, $"{Place} is {overflow} pixels wider than the screen.");
    }

    /// <summary>Looks at the same page in another way.</summary>
    public async Task LookAsync(Look look)
    {
        var options = look.ToOptions();
        await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = options.ColorScheme, ReducedMotion = ReducedMotion.Reduce });
        await Page.SetViewportSizeAsync(options.ViewportSize!.Width, options.ViewportSize.Height);
    }

    /// <summary>The page is sound in light, dark and on a phone; keeps a whole picture of each.</summary>
    public async Task IsSoundInEveryLookAsync(string name)
    {
        foreach (var look in Enum.GetValues<Look>())
        {
            await LookAsync(look);
            await IsSoundAsync();
            await GrowAsync();
            await KeepPictureAsync($"{name}-{look}".ToLowerInvariant());
        }
    }

    /// <summary>Keeps a picture of the page beside the results of the run.</summary>
    public async Task KeepPictureAsync(string name) =>
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(PictureFolder(), $"{name}.png") });

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    // A whole picture of a page with a fixed bar would have the bar in its middle; a higher screen has it at its end.
    private async Task GrowAsync()
    {
        var height = await Page.EvaluateAsync<int>("document.documentElement.scrollHeight");
        await Page.SetViewportSizeAsync(Page.ViewportSize!.Width, Math.Max(height, Page.ViewportSize.Height));
    }

    private static string Describe(AxeResultItem violation) =>
        $"{violation.Id} ({violation.Impact}): {string.Join("; ", violation.Nodes.Select(node => node.Html))}";

    private static string PictureFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../artifacts/test-results/pages/pictures"));
}
