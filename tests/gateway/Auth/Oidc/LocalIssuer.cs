using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Gateway.Tests.Auth.Oidc;

/// <summary>An OpenID Connect issuer on loopback, whose tokens are put together by hand.</summary>
internal sealed class LocalIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalIssuer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/.well-known/openid-configuration", context => AnswerAsync(context, Discovery));
        _app.MapGet("/keys", context => AnswerAsync(context, Keys));
    }

    public string Url => _app.Urls.Single();

    /// <summary>How often something was fetched.</summary>
    public int Requests { get; private set; }

    /// <summary>What the issuer answers for its configuration; null for its own.</summary>
    public Func<string>? Discovery { get; set; }

    /// <summary>What the issuer answers for its keys.</summary>
    public Func<string>? Keys { get; set; }

    /// <summary>Where the issuer sends whoever asks, if anywhere.</summary>
    public string? RedirectTo { get; set; }

    public bool IsDown { get; set; }

    public static async Task<LocalIssuer> StartAsync()
    {
        var issuer = new LocalIssuer();
        await issuer._app.StartAsync();
        return issuer;
    }

    public void Publish(params Key[] keys) => Keys = () =>
        new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => key.Public.DeepClone())]) }.ToJsonString();

    /// <summary>The claims of a token that holds at a time.</summary>
    public JsonObject Claims(DateTimeOffset now) => new()
    {
        ["iss"] = Url,
        ["aud"] = "codesigning",
        ["sub"] = "repo:acme/app:ref:refs/heads/main",
        ["nbf"] = now.AddSeconds(-5).ToUnixTimeSeconds(),
        ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        ["jti"] = Guid.NewGuid().ToString(),
        ["repository_id"] = 42,
    };

    public static string Token(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var signed = Encode(header.ToJsonString()) + "." + Encode(claims.ToJsonString());
        return signed + "." + Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)));
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, Func<string>? answer)
    {
        Requests++;
        if (IsDown)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (RedirectTo is not null)
        {
            context.Response.Redirect(RedirectTo);
            return;
        }

        await context.Response.WriteAsync(
            answer?.Invoke() ?? JsonSerializer.Serialize(new { issuer = Url, jwks_uri = Url + "/keys" }));
    }

    /// <summary>A key of the issuer: what it publishes, and how it signs.</summary>
    internal sealed record Key(string Id, string Algorithm, JsonObject Public, Func<byte[], byte[]> Sign)
    {
        public string Token(JsonObject claims) => LocalIssuer.Token(Header(), claims, Sign);

        public JsonObject Header() => new() { ["alg"] = Algorithm, ["typ"] = "JWT", ["kid"] = Id };

        public static Key Rsa(string id, string algorithm, int bits = 2048)
        {
            var rsa = RSA.Create(bits);
            var parameters = rsa.ExportParameters(false);
            var hash = new HashAlgorithmName("SHA" + algorithm[2..]);
            var padding = algorithm.StartsWith('R') ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss;
            var published = new JsonObject
            {
                ["kty"] = "RSA",
                ["use"] = "sig",
                ["kid"] = id,
                ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            };
            return new Key(id, algorithm, published, data => rsa.SignData(data, hash, padding));
        }

        public static Key Ec(string id, string algorithm)
        {
            var (curve, name) = algorithm switch
            {
                "ES256" => (ECCurve.NamedCurves.nistP256, "P-256"),
                "ES384" => (ECCurve.NamedCurves.nistP384, "P-384"),
                _ => (ECCurve.NamedCurves.nistP521, "P-521"),
            };
            var key = ECDsa.Create(curve);
            var parameters = key.ExportParameters(false);
            var hash = new HashAlgorithmName("SHA" + algorithm[2..]);
            var published = new JsonObject
            {
                ["kty"] = "EC",
                ["use"] = "sig",
                ["kid"] = id,
                ["crv"] = name,
                ["x"] = Base64Url.EncodeToString(parameters.Q.X),
                ["y"] = Base64Url.EncodeToString(parameters.Q.Y),
            };
            return new Key(id, algorithm, published, data => key.SignData(data, hash));
        }
    }
}
