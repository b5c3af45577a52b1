using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>Command-line clients that a person lets in by a code.</summary>
public sealed class DeviceLoginTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string Password = "a password of ann's";

    [Fact]
    public async Task Client_gets_a_token_after_its_person_confirmed()
    {
        using var ann = await NewPersonAsync();
        var begun = await BeginAsync();
        Assert.Equal("authorization_pending", (string?)(await RedeemAsync(begun, 409))["error"]);
        var asked = await ann.GetAsync($"/auth/device/{begun["userCode"]}", 200);
        Assert.Equal(("cli on build7", "127.0.0.1"), ((string?)asked["client"], (string?)asked["address"]));
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 200);
        using var cli = shared.Gateway.With((string)(await RedeemAsync(begun, 200))["accessToken"]!);
        Assert.Equal((string?)(await ann.GetAsync("/me", 200))["id"], (string?)(await cli.GetAsync("/me", 200))["id"]);
        var clients = (await ann.GetAsync("/me/sessions", 200))["items"]!.AsArray().Select(session => (string?)session!["client"]);
        Assert.Equal(["cli on build7", null], clients);
        Assert.Equal("user.approveDevice", (string?)(await shared.Administrator.GetAsync("/ledger/entries?limit=1", 200))["items"]![0]!["action"]);
    }

    [Fact]
    public async Task Code_serves_once()
    {
        using var ann = await NewPersonAsync();
        var begun = await BeginAsync();
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 200);
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 404);
        await RedeemAsync(begun, 200);
        Assert.Equal("expired_token", (string?)(await RedeemAsync(begun, 401))["error"]);
    }

    [Fact]
    public async Task Code_serves_its_own_client_alone()
    {
        using var ann = await NewPersonAsync();
        var begun = await BeginAsync();
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 200);
        await RedeemAsync(begun, 401, verifier: "another verifier of forty-three characters.");
    }

    [Fact]
    public async Task Denied_client_stays_out()
    {
        using var ann = await NewPersonAsync();
        var begun = await BeginAsync();
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/deny", new { }, 204);
        Assert.Equal("access_denied", (string?)(await RedeemAsync(begun, 403))["error"]);
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 404);
    }

    [Fact]
    public async Task Client_on_loopback_needs_the_code_that_the_browser_brings()
    {
        using var ann = await NewPersonAsync();
        var begun = await BeginAsync("http://127.0.0.1:49152/callback");
        var approved = await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 200);
        var redirect = new Uri((string)approved["redirectTo"]!);
        Assert.Equal("http://127.0.0.1:49152/callback", redirect.GetLeftPart(UriPartial.Path));
        await RedeemAsync(begun, 401);
        await RedeemAsync(begun, 401, code: "another");
        await RedeemAsync(begun, 200, code: QueryHelpers.ParseQuery(redirect.Query)["code"]);
    }

    [Theory]
    [InlineData("https://evil.example/callback")]
    [InlineData("http://evil.example/callback")]
    [InlineData("http://127.0.0.1.evil.example/")]
    [InlineData("http://127.0.0.1@evil.example/")]
    [InlineData("http://localhost:49152/")]
    [InlineData("http://127.0.0.1:49152/?next=x")]
    [InlineData("myapp:/callback")]
    [InlineData("callback")]
    public async Task Code_goes_to_no_other_machine(string redirectUri) => await shared.Gateway.Http.PostAsync(
        "/auth/device", new { client = "cli", codeChallenge = Challenge(), redirectUri }, 400);

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("dBjftJeZ4CVP-mB92K27uhbUJU1p1r/wW1gFWFOEjXk")]
    public async Task Challenge_is_a_hash(string codeChallenge) =>
        await shared.Gateway.Http.PostAsync("/auth/device", new { client = "cli", codeChallenge }, 400);

    [Fact]
    public async Task Client_that_was_let_in_lets_nobody_in()
    {
        using var ann = await NewPersonAsync();
        var begun = await BeginAsync();
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 200);
        using var cli = shared.Gateway.With((string)(await RedeemAsync(begun, 200))["accessToken"]!);
        var next = await BeginAsync();
        await cli.PostAsync($"/auth/device/{next["userCode"]}/approve", new { }, 403);
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_clients_too()
    {
        using var ann = await NewPersonAsync();
        var (begun, late) = (await BeginAsync(), await BeginAsync());
        await ann.PostAsync($"/auth/device/{begun["userCode"]}/approve", new { }, 200);
        await ann.PostAsync($"/auth/device/{late["userCode"]}/approve", new { }, 200);
        using var cli = shared.Gateway.With((string)(await RedeemAsync(begun, 200))["accessToken"]!);
        await ann.DeleteAsync("/me/sessions", 204);
        await cli.GetAsync("/me", 401);
        await RedeemAsync(late, 401);
    }

    private static string Challenge() => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    private async Task<HttpClient> NewPersonAsync()
    {
        var email = Guid.NewGuid().ToString("N") + "@example.com";
        await shared.Administrator.CreatePersonAsync(email, Password);
        return await shared.Gateway.SignInAsync(email, Password);
    }

    private Task<JsonNode> BeginAsync(string? redirectUri = null) => shared.Gateway.Http.PostAsync(
        "/auth/device", new { client = "cli on build7", codeChallenge = Challenge(), redirectUri }, 200);

    private Task<JsonNode> RedeemAsync(JsonNode begun, int status, string verifier = Verifier, string? code = null) =>
        shared.Gateway.Http.PostAsync("/auth/device/token", new { deviceCode = (string)begun["deviceCode"]!, codeVerifier = verifier, code }, status);
}
