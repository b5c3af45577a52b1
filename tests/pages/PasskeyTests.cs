using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Testing;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>Passkeys in Chromium, by its virtual authenticator. They need a host's name, so the server is asked by one.</summary>
[Collection(PagesFixture.Collection)]
public sealed class PasskeyTests(PagesFixture pages) : IAsyncLifetime
{
    private readonly int _port = FreePort.Find();
    private CodeSigningServer _server = null!;

    private Uri Address => new($"http://localhost:{_port}");

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync(
        $"--CODESIGNING_URLS={Address}", $"--CODESIGNING_PUBLIC_URL={Address}");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Passkey_is_added_signs_in_alone_and_is_removed()
    {
        var token = await _server.AsNobody().LogInAsync(CodeSigningServer.AdministratorEmail, CodeSigningServer.AdministratorPassword);
        await using var visitor = await pages.VisitAsync(token, address: Address);
        await AddAuthenticatorAsync(visitor.Page);
        await visitor.Page.GotoAsync("/account");
        await visitor.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Add a passkey" }).ClickAsync();
        await visitor.Page.FillAsync("#passkey-name", "laptop");
        await visitor.Page.FillAsync("#passkey-password", CodeSigningServer.AdministratorPassword);
        await visitor.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Add it" }).ClickAsync();
        await Expect(visitor.Page, "The passkey is added.");

        await visitor.Page.Context.ClearCookiesAsync();
        await visitor.Page.GotoAsync("/sign-in?next=/account");
        await visitor.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign in with a passkey" }).ClickAsync();
        await visitor.Page.WaitForURLAsync("**/account");
        await Expect(visitor.Page, "laptop");

        await visitor.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Remove laptop" }).ClickAsync();
        await visitor.Page.Locator("dialog[open] input[name=currentPassword]").FillAsync(CodeSigningServer.AdministratorPassword);
        await visitor.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Remove it" }).ClickAsync();
        await Expect(visitor.Page, "The passkey is removed");
    }

    [Fact]
    public async Task Unknown_passkey_is_refused_on_the_page()
    {
        await using var visitor = await pages.VisitAsync(address: Address);
        await AddAuthenticatorAsync(visitor.Page);
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign in with a passkey" }).ClickAsync();
        await Expect(visitor.Page, "The passkey was not used");
    }

    private static Task Expect(IPage page, string text) => Assertions.Expect(page.GetByText(text).First).ToBeVisibleAsync();

    private static async Task AddAuthenticatorAsync(IPage page)
    {
        var protocol = await page.Context.NewCDPSessionAsync(page);
        await protocol.SendAsync("WebAuthn.enable");
        await protocol.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }
}
