using System.Net;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>Two nodes behind one address, of which each request meets another.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private LocalProvider _provider = null!;
    private RunningGateway _here = null!;
    private RunningGateway _there = null!;

    public async Task InitializeAsync()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        _provider = await LocalProvider.StartAsync();
        string[] settings =
        [
            $"--CODESIGNING_DB={database.Service}",
            $"--CODESIGNING_DB_MIGRATE={database.Owner}",
            "--CODESIGNING_MASTER_KEY=" + Convert.ToBase64String(new byte[32]),
            "--CODESIGNING_PUBLIC_URL=http://127.0.0.1:8080",
            .. _provider.Settings,
        ];
        _here = await RunningGateway.StartAsync(settings);
        _there = await RunningGateway.StartAsync(settings);
    }

    public async Task DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Sign_in_goes_on_at_another_node()
    {
        using var here = new SignInBrowser(_here.Http.BaseAddress!);
        using var there = Following(here);
        var callback = _provider.Authorize(await here.BeginAsync(), "ann");
        Assert.Equal(200, (await there.ReturnAsync(callback)).Status);
        await here.MeAsync();
        await there.MeAsync();
    }

    [Fact]
    public async Task Signing_out_everywhere_holds_on_all_nodes_at_once()
    {
        using var here = new SignInBrowser(_here.Http.BaseAddress!);
        using var there = Following(here);
        await here.SignInAsync(_provider, "bob");
        await there.MeAsync();
        using var other = new SignInBrowser(_there.Http.BaseAddress!);
        await other.SignInAsync(_provider, "bob");
        await there.DeleteAsync("/me/sessions");
        await here.MeAsync(401);
        await there.MeAsync(401);
        await other.MeAsync(401);
    }

    [Fact]
    public async Task Logout_announced_to_one_node_holds_on_the_other()
    {
        using var here = new SignInBrowser(_here.Http.BaseAddress!);
        await here.SignInAsync(_provider, "cay");
        await here.MeAsync();
        var token = LocalProvider.LogoutToken(_provider.LogoutClaims("cay", null));
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.BadRequest],
            (await Task.WhenAll(LogOutAsync(_here, token), LogOutAsync(_there, token))).Order());
        await here.MeAsync(401);
    }

    private static async Task<HttpStatusCode> LogOutAsync(RunningGateway node, string token)
    {
        using var answer = await node.Http.PostAsync(
            "/api/v1/auth/sso/back-channel-logout", new FormUrlEncodedContent([new("logout_token", token)]));
        return answer.StatusCode;
    }

    // The same browser, whose next request the balancer gives to the other node.
    private SignInBrowser Following(SignInBrowser browser) => new(_there.Http.BaseAddress!, browser.Cookies);
}
