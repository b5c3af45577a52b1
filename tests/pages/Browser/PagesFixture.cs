using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Scenes;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests.Browser;

/// <summary>One server with people, a signer and requests, and one browser, for all tests of pages.</summary>
public sealed class PagesFixture : IAsyncLifetime
{
    public const string Collection = "pages";

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private Household? _household;

    public CodeSigningServer Server { get; private set; } = null!;

    internal Scene Scene { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await CodeSigningServer.StartAsync();
        Scene = await Scene.BuildAsync(Server);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], // The tests run as root in containers.
        });
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>What an administrator looks after, made when it is first asked for.</summary>
    internal async Task<Household> HouseholdAsync() => _household ??= await Household.BuildAsync(Scene);

    /// <summary>Somebody with a browser of their own, signed in with a token; null for not signed in.</summary>
    internal async Task<Visitor> VisitAsync(string? token = null, Look look = Look.Light, Uri? address = null)
    {
        var at = address ?? Server.Address;
        var options = look.ToOptions();
        options.BaseURL = at.ToString();
        var context = await _browser.NewContextAsync(options);
        if (token is not null)
        {
            await context.AddCookiesAsync([new Cookie { Name = "session", Value = token, Url = at.ToString() }]);
        }

        return new Visitor(context, await context.NewPageAsync());
    }
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(PagesFixture.Collection)]
public sealed class PagesGroup : ICollectionFixture<PagesFixture>;
