using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodeSigning.Gateway.Tests.Auth.Oidc;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>Wrong answers of an identity provider, and of whoever stands between: each has its refusal, and begins no session.</summary>
public sealed class BadSignInTests(ProviderGateway place) : IClassFixture<ProviderGateway>
{
    private static readonly LocalIssuer.Key Foreign = LocalIssuer.Key.Rsa("key-1", "RS256");

    private static readonly Dictionary<string, (string Fault, Func<CallbackQuery, CallbackQuery> Spoil)> Responses = new()
    {
        ["no state"] = ("stateInvalid", callback => callback.With("state", null)),
        ["empty state"] = ("stateInvalid", callback => callback.With("state", "")),
        ["made-up state"] = ("stateInvalid", callback => callback.With("state", "CfDJ8made-up")),
        ["altered state"] = ("stateInvalid", callback => callback.With("state", callback["state"][..^3] + "AAA")),
        ["state twice"] = ("responseInvalid", callback => callback.Twice("state")),
        ["no code"] = ("responseInvalid", callback => callback.With("code", null)),
        ["code twice"] = ("responseInvalid", callback => callback.Twice("code")),
        ["made-up code"] = ("codeRefused", callback => callback.With("code", "made-up")),
        ["an ID token beside the code"] = ("responseInvalid", callback => callback.With("id_token", "a.b.c")),
        ["an access token beside the code"] = ("responseInvalid", callback => callback.With("access_token", "abc")),
        ["another issuer"] = ("otherIssuer", callback => callback.With("iss", "https://evil.example")),
        ["no issuer"] = ("otherIssuer", callback => callback.With("iss", null)),
        ["issuer twice"] = ("responseInvalid", callback => callback.Twice("iss")),
        ["access denied"] = ("providerRefused", callback => callback.With("code", null).With("error", "access_denied")),
        ["login required"] = ("providerRefused", callback => callback.With("code", null).With("error", "login_required")),
        ["error beside the code"] = ("providerRefused", callback => callback.With("error", "server_error")),
        ["error twice"] = ("responseInvalid", callback => callback.With("error", "server_error").Twice("error")),
        ["error without state"] = ("stateInvalid", callback => callback.With("state", null).With("error", "access_denied")),
        ["nothing at all"] = ("responseInvalid", callback => new CallbackQuery(callback.Address)),
    };

    private static readonly Dictionary<string, (string Fault, string Detail, Spoiling Spoiling)> Answers = new()
    {
        ["another issuer"] = Token("(iss)", claims => claims["iss"] = "https://evil.example"),
        ["an issuer with a slash more"] = Token("(iss)", claims => claims["iss"] = (string)claims["iss"]! + "/"),
        ["no issuer"] = Token("(iss)", claims => claims.Remove("iss")),
        ["the audience of another client"] = Token("(aud)", claims => claims["aud"] = "another-client"),
        ["two audiences"] = Token("(aud)", claims => claims["aud"] = new JsonArray(LocalProvider.ClientId, "another-client")),
        ["no audience"] = Token("(aud)", claims => claims.Remove("aud")),
        ["no subject"] = Token("(sub)", claims => claims.Remove("sub")),
        ["an empty subject"] = Token("(sub)", claims => claims["sub"] = ""),
        ["no end"] = Token("(exp is missing)", claims => claims.Remove("exp")),
        ["an end in the past"] = Token("(exp)", claims => claims["exp"] = LocalProvider.Now(-120)),
        ["a beginning in the future"] = Token("(nbf)", claims => claims["nbf"] = LocalProvider.Now(120)),
        ["another nonce"] = ("nonceInvalid", "(nonce)", new Spoiling { Claims = claims => claims["nonce"] = "639000000000000000.b3RoZXI" }),
        ["no nonce"] = ("nonceInvalid", "(nonce)", new Spoiling { Claims = claims => claims.Remove("nonce") }),
        ["the hash of another access token"] = Token("(at_hash)", claims => claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA"),
        ["a claim twice"] = Altered("duplicate", token => Resigned(token, payload => payload.Replace("{", "{\"sub\":\"root\",", StringComparison.Ordinal))),
        ["no algorithm"] = Header("(alg)", header => header["alg"] = "none", _ => []),
        ["a MAC by the client secret"] = Header("(alg)", header => header["alg"] = "HS256", signed => HMACSHA256.HashData(Encoding.UTF8.GetBytes(LocalProvider.ClientSecret), signed)),
        ["a MAC by the public key"] = Header("(alg)", header => header["alg"] = "HS256", signed => HMACSHA256.HashData(Encoding.UTF8.GetBytes((string)LocalProvider.Key.Public["n"]!), signed)),
        ["another algorithm than the key's"] = Header("", header => header["alg"] = "ES256"),
        ["an algorithm of no list"] = Header("(alg)", header => header["alg"] = "RS1"),
        ["an unknown key"] = Header("(kid)", header => header["kid"] = "unknown"),
        ["the name of another key"] = Header("", header => header["kid"] = LocalProvider.EcKey.Id),
        ["no key"] = Header("(kid)", header => header.Remove("kid")),
        ["a foreign key under the name of the provider's"] = Header("signature", _ => { }, Foreign.Sign),
        ["a key that it brings along"] = Header("(kid)", header => (header["jwk"], header["kid"]) = (Foreign.Public.DeepClone(), "mine"), Foreign.Sign),
        ["critical parameters"] = Header("(crit)", header => header["crit"] = new JsonArray("exp")),
        ["the type of an access token"] = Header("(typ)", header => header["typ"] = "at+jwt"),
        ["the type of a logout token"] = Header("(typ)", header => header["typ"] = "logout+jwt"),
        ["an altered signature"] = Altered("signature", token => token[..^4] + (token.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA")),
        ["an altered payload"] = Altered("signature", token => Changed(token, payload => payload.Replace("Ann", "Eve", StringComparison.Ordinal))),
        ["no signature"] = Altered("three parts", token => token[..token.LastIndexOf('.')]),
        ["five parts"] = Altered("three parts", token => token + ".a.b"),
        ["no JSON Web Token"] = Altered("three parts", _ => "token"),
        ["too long a token"] = Altered("three parts", token => token + new string('A', 20_000)),
        ["no ID token"] = ("tokenInvalid", "holds none", new Spoiling { Body = body => body.Remove("id_token") }),
        ["no access token"] = ("tokenInvalid", "answer to the code", new Spoiling { Body = body => body.Remove("access_token") }),
        ["a page in place of an answer"] = ("providerUnavailable", "cannot be read", new Spoiling { Answer = () => Results.Text("<p>Sorry", "text/html") }),
        ["a server error"] = ("providerUnavailable", "", new Spoiling { Answer = () => Results.StatusCode(500) }),
        ["a redirect elsewhere"] = ("providerUnavailable", "", new Spoiling { Answer = () => Results.Redirect("http://169.254.169.254/") }),
        ["another client's refusal"] = ("codeRefused", "code", new Spoiling { Answer = () => Results.Json(new { error = "invalid_client" }, statusCode: 401) }),
        ["the challenge of another sign-in"] = ("codeRefused", "code", new Spoiling { Challenge = "another challenge" }),
    };

    public static TheoryData<string> BadResponses => [.. Responses.Keys];

    public static TheoryData<string> BadAnswers => [.. Answers.Keys];

    public static TheoryData<string> BadPaths =>
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/%09/evil.example", "/%0A/evil.example", "javascript:alert(1)",
        "evil", "", "/a\\b", "/a b", "/%C3%BC", " /a", "/" + new string('a', 3000),
    ];

    [Theory]
    [MemberData(nameof(BadResponses))]
    public async Task Bad_response_is_refused(string what)
    {
        var (fault, spoil) = Responses[what];
        using var browser = place.NewBrowser();
        var callback = place.Provider.Authorize(await browser.BeginAsync(), "ann");
        await AssertRefusedAsync(browser, await browser.ReturnAsync(spoil(callback)), fault, "");
    }

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Bad_answer_to_the_code_is_refused(string what)
    {
        var (fault, detail, spoiling) = Answers[what];
        using var browser = place.NewBrowser();
        await AssertRefusedAsync(browser, await browser.SignInAsync(place.Provider, "ann", spoiling), fault, detail);
    }

    [Theory]
    [MemberData(nameof(BadPaths))]
    public async Task Sign_in_leads_to_no_other_place(string next)
    {
        using var browser = place.NewBrowser();
        var query = next.Contains('%', StringComparison.Ordinal) ? next : Uri.EscapeDataString(next);
        Assert.Equal(400, await browser.StatusOfBeginAsync("?next=" + query));
    }

    [Fact]
    public async Task Response_by_post_is_refused()
    {
        using var browser = place.NewBrowser();
        var callback = place.Provider.Authorize(await browser.BeginAsync(), "ann");
        await AssertRefusedAsync(browser, await browser.PostAsync(callback), "responseInvalid", "GET");
    }

    [Fact]
    public async Task Response_in_another_browser_is_refused()
    {
        using var ann = place.NewBrowser();
        using var eve = place.NewBrowser();
        var callback = place.Provider.Authorize(await eve.BeginAsync(), "eve");
        await AssertRefusedAsync(ann, await ann.ReturnAsync(callback), "stateInvalid", "");
    }

    [Fact]
    public async Task Code_of_another_sign_in_is_refused()
    {
        using var ann = place.NewBrowser();
        using var eve = place.NewBrowser();
        var mine = place.Provider.Authorize(await ann.BeginAsync(), "ann");
        var stolen = place.Provider.Authorize(await eve.BeginAsync(), "eve");
        await AssertRefusedAsync(ann, await ann.ReturnAsync(mine.With("code", stolen["code"])), "codeRefused", "");
    }

    [Fact]
    public async Task Code_serves_once()
    {
        using var browser = place.NewBrowser();
        var callback = place.Provider.Authorize(await browser.BeginAsync(), "ann");
        var cookies = Copy(browser.Cookies);
        Assert.Equal(200, (await browser.ReturnAsync(callback)).Status);
        using var again = place.NewBrowser();
        again.Cookies.Add(cookies);
        await AssertRefusedAsync(again, await again.ReturnAsync(callback), "codeRefused", "");
    }

    [Fact]
    public async Task Nonce_serves_once_where_the_provider_takes_codes_twice()
    {
        using var browser = place.NewBrowser();
        var callback = place.Provider.Authorize(await browser.BeginAsync(), "ann", new Spoiling { IsCodeForOnce = false });
        var cookies = Copy(browser.Cookies);
        Assert.Equal(200, (await browser.ReturnAsync(callback)).Status);
        using var again = place.NewBrowser();
        again.Cookies.Add(cookies);
        await AssertRefusedAsync(again, await again.ReturnAsync(callback), "usedBefore", "");
    }

    [Fact]
    public async Task Response_after_a_quarter_of_an_hour_is_refused()
    {
        using var browser = place.NewBrowser();
        var callback = place.Provider.Authorize(await browser.BeginAsync(), "ann");
        var format = place.Gateway.Services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get("sso").StateDataFormat;
        var state = format.Unprotect(callback["state"])!;
        state.ExpiresUtc = DateTimeOffset.UtcNow.AddSeconds(-1);
        await AssertRefusedAsync(browser, await browser.ReturnAsync(callback.With("state", format.Protect(state))), "stateInvalid", "");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-3600)]
    public async Task Fresh_sign_in_needs_a_fresh_proof(int? provedAt)
    {
        using var browser = place.NewBrowser();
        var spoiling = new Spoiling { Claims = claims => claims["auth_time"] = provedAt is { } seconds ? LocalProvider.Now(seconds) : null };
        await AssertRefusedAsync(browser, await browser.SignInAsync(place.Provider, "ann", spoiling, "?fresh=true"), "notFresh", "(auth_time)");
    }

    private static async Task AssertRefusedAsync(SignInBrowser browser, SignInAnswer answer, string fault, string detail)
    {
        Assert.True(fault == answer.Fault, answer.Text);
        Assert.InRange(answer.Status, 400, 503);
        Assert.Contains(detail, answer.Text, StringComparison.Ordinal);
        await browser.MeAsync(401);
    }

    private static CookieCollection Copy(CookieContainer cookies) =>
        cookies.GetAllCookies();

    private static (string Fault, string Detail, Spoiling Spoiling) Token(string detail, Action<JsonObject> claims) =>
        ("tokenInvalid", detail, new Spoiling { Claims = claims });

    private static (string Fault, string Detail, Spoiling Spoiling) Header(string detail, Action<JsonObject> header, Func<byte[], byte[]>? sign = null) =>
        ("tokenInvalid", detail, new Spoiling { Header = header, Sign = sign });

    private static (string Fault, string Detail, Spoiling Spoiling) Altered(string detail, Func<string, string> alter) =>
        ("tokenInvalid", detail, Again(alter));

    private static Spoiling Again(Func<string, string> alter) => new() { Token = alter };

    private static string Changed(string token, Func<string, string> payload)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{LocalIssuer.Encode(payload(Decode(parts[1])))}.{parts[2]}";
    }

    private static string Resigned(string token, Func<string, string> payload)
    {
        var changed = Changed(token, payload);
        var signed = changed[..changed.LastIndexOf('.')];
        return $"{signed}.{System.Buffers.Text.Base64Url.EncodeToString(LocalProvider.Key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Decode(string part) => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(part));
}
