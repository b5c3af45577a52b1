using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodeSigning.Gateway.Tests.Auth.Oidc;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>Sessions that end at the identity provider's word.</summary>
public sealed class BackChannelLogoutTests(ProviderGateway place) : IClassFixture<ProviderGateway>
{
    private const string Path = "/api/v1/auth/sso/back-channel-logout";
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";
    private static readonly LocalIssuer.Key Foreign = LocalIssuer.Key.Rsa("key-1", "RS256");

    private static readonly Dictionary<string, (string Detail, Action<JsonObject> Spoil)> Claims = new()
    {
        ["another issuer"] = ("(iss)", claims => claims["iss"] = "https://evil.example"),
        ["another audience"] = ("(aud)", claims => claims["aud"] = "another-client"),
        ["no end"] = ("(exp is missing)", claims => claims.Remove("exp")),
        ["an end in the past"] = ("(exp)", claims => claims["exp"] = LocalProvider.Now(-120)),
        ["no time of issue"] = ("(iat)", claims => claims.Remove("iat")),
        ["no id"] = ("(jti)", claims => claims.Remove("jti")),
        ["no events"] = ("(events)", claims => claims.Remove("events")),
        ["another event"] = ("(events)", claims => claims["events"] = new JsonObject { ["http://schemas.openid.net/event/other"] = new JsonObject() }),
        ["an event that is no object"] = ("(events)", claims => claims["events"] = new JsonObject { [Event] = true }),
        ["events that are a list"] = ("(events)", claims => claims["events"] = new JsonArray(Event)),
        ["a nonce"] = ("nonce", claims => claims["nonce"] = "abc"),
        ["nobody"] = ("(sub)", claims => (claims["sub"], claims["sid"]) = ("", "")),
    };

    private static readonly Dictionary<string, (string Detail, Action<JsonObject> Spoil, Func<byte[], byte[]> Sign)> Headers = new()
    {
        ["the type of an access token"] = ("(typ)", header => header["typ"] = "at+jwt", LocalProvider.Key.Sign),
        ["no algorithm"] = ("(alg)", header => header["alg"] = "none", _ => []),
        ["a MAC by the client secret"] = ("(alg)", header => header["alg"] = "HS256", signed => HMACSHA256.HashData(Encoding.UTF8.GetBytes(LocalProvider.ClientSecret), signed)),
        ["a foreign key"] = ("signature", _ => { }, Foreign.Sign),
        ["an unknown key"] = ("(kid)", header => header["kid"] = "unknown", LocalProvider.Key.Sign),
        ["critical parameters"] = ("(crit)", header => header["crit"] = new JsonArray("exp"), LocalProvider.Key.Sign),
    };

    public static TheoryData<string> BadClaims => [.. Claims.Keys];

    public static TheoryData<string> BadHeaders => [.. Headers.Keys];

    [Fact]
    public async Task Logout_of_a_session_ends_that_one_alone()
    {
        var subject = NewText();
        var (here, there) = (NewText(), NewText());
        using var first = await SignInAsync(subject, here);
        using var second = await SignInAsync(subject, there);
        Assert.Equal(200, await LogOutAsync(LocalProvider.LogoutToken(place.Provider.LogoutClaims(null, here))));
        await first.MeAsync(401);
        await second.MeAsync();
    }

    [Fact]
    public async Task Logout_of_a_person_ends_all_sessions()
    {
        var subject = NewText();
        using var first = await SignInAsync(subject, NewText());
        using var second = await SignInAsync(subject, NewText());
        using var other = await SignInAsync(NewText(), NewText());
        Assert.Equal(200, await LogOutAsync(LocalProvider.LogoutToken(place.Provider.LogoutClaims(subject, null), "JWT")));
        await first.MeAsync(401);
        await second.MeAsync(401);
        await other.MeAsync();
        var entry = (await place.Administrator.GetAsync("/ledger/entries?limit=1", 200))["items"]![0]!;
        Assert.Equal(("user.endSessions", "system"), ((string?)entry["action"], (string?)entry["actor"]!["id"]));
    }

    [Fact]
    public async Task Person_disabled_at_the_provider_is_out_at_once()
    {
        var subject = NewText();
        using var browser = await SignInAsync(subject, NewText());
        await LogOutAsync(LocalProvider.LogoutToken(place.Provider.LogoutClaims(subject, null)));
        await browser.MeAsync(401);
        var callback = place.Provider.Authorize(await browser.BeginAsync(), subject).With("code", null).With("error", "access_denied");
        Assert.Equal("providerRefused", (await browser.ReturnAsync(callback)).Fault);
    }

    [Fact]
    public async Task Session_of_another_person_does_not_end()
    {
        var session = NewText();
        using var browser = await SignInAsync(NewText(), session);
        Assert.Equal(200, await LogOutAsync(LocalProvider.LogoutToken(place.Provider.LogoutClaims("another", session))));
        await browser.MeAsync();
    }

    [Fact]
    public async Task Unknown_person_is_no_error() =>
        Assert.Equal(200, await LogOutAsync(LocalProvider.LogoutToken(place.Provider.LogoutClaims(NewText(), null))));

    [Fact]
    public async Task Logout_token_serves_once()
    {
        var subject = NewText();
        var token = LocalProvider.LogoutToken(place.Provider.LogoutClaims(subject, null));
        Assert.Equal(200, await LogOutAsync(token));
        using var browser = await SignInAsync(subject, NewText());
        await AssertRefusedAsync(token, "(jti)");
        await browser.MeAsync();
    }

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task Logout_token_with_bad_claims_is_refused(string what)
    {
        var (detail, spoil) = Claims[what];
        var (subject, session) = (NewText(), NewText());
        using var browser = await SignInAsync(subject, session);
        var claims = place.Provider.LogoutClaims(subject, session);
        spoil(claims);
        await AssertRefusedAsync(LocalProvider.LogoutToken(claims), detail);
        await browser.MeAsync();
    }

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task Logout_token_with_a_bad_header_is_refused(string what)
    {
        var (detail, spoil, sign) = Headers[what];
        var header = LocalProvider.Key.Header();
        header["typ"] = "logout+jwt";
        spoil(header);
        var claims = place.Provider.LogoutClaims(NewText(), NewText());
        await AssertRefusedAsync(LocalIssuer.Token(header, claims, sign), detail);
    }

    [Fact]
    public async Task Logout_without_a_form_is_refused()
    {
        using var json = await place.Gateway.Http.PostAsJsonAsync(Path, new { logout_token = "a.b.c" });
        Assert.Equal(400, (int)json.StatusCode);
        using var twice = await place.Gateway.Http.PostAsync(Path, new FormUrlEncodedContent([new("logout_token", "a.b.c"), new("logout_token", "a.b.c")]));
        Assert.Equal(400, (int)twice.StatusCode);
    }

    private static string NewText() => Guid.NewGuid().ToString("N");

    private async Task<SignInBrowser> SignInAsync(string subject, string session)
    {
        var browser = place.NewBrowser();
        var answer = await browser.SignInAsync(place.Provider, subject, new Spoiling { Claims = claims => claims["sid"] = session });
        Assert.True(answer.Status == 200, answer.Text);
        return browser;
    }

    private async Task<int> LogOutAsync(string token)
    {
        using var answer = await PostAsync(token);
        return (int)answer.StatusCode;
    }

    private async Task AssertRefusedAsync(string token, string detail)
    {
        using var answer = await PostAsync(token);
        Assert.Contains(detail, (string?)(await answer.ReadAsync(400))["detail"], StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PostAsync(string token) =>
        place.Gateway.Http.PostAsync(Path, new FormUrlEncodedContent([new("logout_token", token)]));
}
