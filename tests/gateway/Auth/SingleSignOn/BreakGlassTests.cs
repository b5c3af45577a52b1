using System.Net.Http.Json;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>A server whose local accounts are switched off, but for one.</summary>
public sealed class BreakGlassTests : IAsyncLifetime
{
    private LocalProvider _provider = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _provider = await LocalProvider.StartAsync();
        _gateway = await ProviderGateway.StartGatewayAsync(_provider, $"--CODESIGNING_BREAK_GLASS={RunningGateway.AdministratorEmail}");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Local_account_does_not_come_in()
    {
        using var root = await _gateway.SignInAsync();
        await root.CreatePersonAsync("ann@example.com", "a password of ann's");
        using var answer = await _gateway.Http.PostAsJsonAsync("/api/v1/auth/login", new { email = "ann@example.com", password = "a password of ann's" });
        await answer.ReadAsync(401);
        Assert.False((bool)(await _gateway.Http.GetAsync("/auth/sign-in-methods", 200))["localAccounts"]!);
    }

    [Fact]
    public async Task Break_glass_sign_in_is_an_entry_and_a_metric()
    {
        using var root = await _gateway.SignInAsync();
        var entry = (await root.GetAsync("/ledger/entries?limit=1", 200))["items"]![0]!;
        Assert.Equal("user.breakGlass", (string?)entry["action"]);
        Assert.Contains("\ncodesigning_logins_break_glass_total", await _gateway.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_of_the_provider_come_in()
    {
        using var browser = new SignInBrowser(_gateway.Http.BaseAddress!);
        Assert.Equal(200, (await browser.SignInAsync(_provider, "ann")).Status);
        await browser.MeAsync();
    }
}
