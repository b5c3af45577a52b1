using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodeSigning.Gateway.Tests.Auth.Oidc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>
/// An OpenID Connect provider on loopback. It holds to the protocol (a code serves once, PKCE, client secret) but for what a
/// test spoils.
/// </summary>
internal sealed class LocalProvider : IAsyncDisposable
{
    public const string ClientId = "codesigning";
    public const string ClientSecret = "a client secret of 32 characters";
    public static readonly LocalIssuer.Key Key = LocalIssuer.Key.Rsa("key-1", "RS256");
    public static readonly LocalIssuer.Key EcKey = LocalIssuer.Key.Ec("key-2", "ES256");

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Grant> _grants = new();

    private LocalProvider()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/.well-known/openid-configuration", () => Results.Text(Discovery().ToJsonString(), "application/json"));
        _app.MapGet("/keys", () => Results.Text(
            new JsonObject { ["keys"] = new JsonArray(Key.Public.DeepClone(), EcKey.Public.DeepClone()) }.ToJsonString(), "application/json"));
        _app.MapPost("/token", (Delegate)RedeemAsync);
    }

    public string Url => _app.Urls.Single();

    public static async Task<LocalProvider> StartAsync()
    {
        var provider = new LocalProvider();
        await provider._app.StartAsync();
        return provider;
    }

    /// <summary>The settings of a server that people sign in to here.</summary>
    public string[] Settings =>
    [
        $"--CODESIGNING_SSO_ISSUER={Url}",
        $"--CODESIGNING_SSO_CLIENT_ID={ClientId}",
        $"--CODESIGNING_SSO_CLIENT_SECRET={ClientSecret}",
        "--CODESIGNING_SSO_SECOND_FACTOR=mfa,strong",
        "--CODESIGNING_SSO_NAME=Example Login",
    ];

    /// <summary>Signs a person in who was led here; gives the address to which the browser is sent back.</summary>
    public CallbackQuery Authorize(Uri request, string subject, Spoiling? spoiling = null)
    {
        var query = QueryHelpers.ParseQuery(request.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        Assert.Equal(("code", "S256", ClientId), (query["response_type"], query["code_challenge_method"], query["client_id"]));
        var code = Guid.NewGuid().ToString("N");
        _grants[code] = new Grant(subject, query["nonce"], query["code_challenge"], query["redirect_uri"], spoiling ?? new Spoiling());
        return new CallbackQuery(new Uri(query["redirect_uri"]))
        {
            Parameters = { ("code", code), ("state", query["state"]), ("iss", Url) },
        };
    }

    public JsonObject LogoutClaims(string? subject, string? session) => new()
    {
        ["iss"] = Url,
        ["aud"] = ClientId,
        ["iat"] = Now(),
        ["exp"] = Now(120),
        ["jti"] = Guid.NewGuid().ToString(),
        ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
        ["sub"] = subject,
        ["sid"] = session,
    };

    public static string LogoutToken(JsonObject claims, string type = "logout+jwt")
    {
        foreach (var absent in claims.Where(claim => claim.Value is null).Select(claim => claim.Key).ToArray())
        {
            claims.Remove(absent);
        }

        var header = Key.Header();
        header["typ"] = type;
        return LocalIssuer.Token(header, claims, Key.Sign);
    }

    public static long Now(int seconds = 0) => DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private JsonObject Discovery() => new()
    {
        ["issuer"] = Url,
        ["authorization_endpoint"] = Url + "/authorize",
        ["token_endpoint"] = Url + "/token",
        ["jwks_uri"] = Url + "/keys",
        ["response_types_supported"] = new JsonArray("code"),
        ["subject_types_supported"] = new JsonArray("public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256", "ES256"),
        ["authorization_response_iss_parameter_supported"] = true,
    };

    private async Task<IResult> RedeemAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var code = form["code"].ToString();
        if (!_grants.TryGetValue(code, out var grant) || (grant.Spoiling.IsCodeForOnce && !_grants.TryRemove(code, out _)))
        {
            return Refuse("invalid_grant");
        }

        if (form["client_id"] != ClientId || form["client_secret"] != ClientSecret || form["redirect_uri"] != grant.RedirectUri)
        {
            return Refuse("invalid_client");
        }

        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        return challenge == (grant.Spoiling.Challenge ?? grant.Challenge) ? grant.Spoiling.Answer?.Invoke() ?? Answer(grant) : Refuse("invalid_grant");
    }

    private IResult Answer(Grant grant)
    {
        var claims = new JsonObject
        {
            ["iss"] = Url,
            ["aud"] = ClientId,
            ["sub"] = grant.Subject,
            ["nonce"] = grant.Nonce,
            ["iat"] = Now(),
            ["exp"] = Now(300),
            ["name"] = "Ann Example",
        };
        var header = Key.Header();
        grant.Spoiling.Claims?.Invoke(claims);
        grant.Spoiling.Header?.Invoke(header);
        var token = LocalIssuer.Token(header, claims, grant.Spoiling.Sign ?? Key.Sign);
        var answer = new JsonObject
        {
            ["access_token"] = "an access token",
            ["token_type"] = "Bearer",
            ["id_token"] = grant.Spoiling.Token?.Invoke(token) ?? token,
        };
        grant.Spoiling.Body?.Invoke(answer);
        return Results.Text(answer.ToJsonString(), "application/json");
    }

    private static IResult Refuse(string error) => Results.Json(new { error }, statusCode: 400);

    private sealed record Grant(string Subject, string Nonce, string Challenge, string RedirectUri, Spoiling Spoiling);
}

/// <summary>What a test spoils of the provider's answer.</summary>
internal sealed record Spoiling
{
    public Action<JsonObject>? Claims { get; init; }

    public Action<JsonObject>? Header { get; init; }

    public Action<JsonObject>? Body { get; init; }

    public Func<byte[], byte[]>? Sign { get; init; }

    public Func<string, string>? Token { get; init; }

    public Func<IResult>? Answer { get; init; }

    /// <summary>The challenge of another sign-in, which the code was given for.</summary>
    public string? Challenge { get; init; }

    public bool IsCodeForOnce { get; init; } = true;
}

/// <summary>The response that the browser carries back.</summary>
internal sealed record CallbackQuery(Uri Address)
{
    public List<(string Name, string Value)> Parameters { get; } = [];

    public string this[string name] => Parameters.First(parameter => parameter.Name == name).Value;

    public CallbackQuery With(string name, string? value)
    {
        var next = new CallbackQuery(Address);
        next.Parameters.AddRange(Parameters.Where(parameter => parameter.Name != name));
        if (value is not null)
        {
            next.Parameters.Add((name, value));
        }

        return next;
    }

    public CallbackQuery Twice(string name)
    {
        var next = With("", null);
        next.Parameters.Add((name, "again"));
        return next;
    }

    public string PathAndQuery => Address.AbsolutePath + "?" + string.Join(
        '&', Parameters.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));
}
