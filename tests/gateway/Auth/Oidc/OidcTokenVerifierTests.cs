using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodeSigning.Errors;
using CodeSigning.Gateway.Auth.Oidc;
using CodeSigning.Grains.Identities;
using CodeSigning.Silo.Pki;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSigning.Gateway.Tests.Auth.Oidc;

public sealed class OidcTokenVerifierTests : IAsyncLifetime, IDisposable
{
    // An RSA key takes long to make.
    private static readonly LocalIssuer.Key Key = LocalIssuer.Key.Rsa("key-1", "RS256");
    private readonly ManualTimeProvider _time = new();
    private readonly IssuerDocuments _documents = new();
    private LocalIssuer _issuer = null!;
    private IssuerKeys _keys = null!;
    private OidcTokenVerifier _verifier = null!;

    public async Task InitializeAsync()
    {
        _issuer = await LocalIssuer.StartAsync();
        _issuer.Publish(Key);
        _keys = new IssuerKeys(_documents, CompromisedKeys.None, _time, NullLogger<IssuerKeys>.Instance);
        _verifier = new OidcTokenVerifier(_keys, _time);
    }

    public async Task DisposeAsync() => await _issuer.DisposeAsync();

    public void Dispose()
    {
        _keys.Dispose();
        _documents.Dispose();
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public async Task Valid_token_is_accepted(string algorithm)
    {
        var key = algorithm.StartsWith('E') ? LocalIssuer.Key.Ec("k", algorithm) : LocalIssuer.Key.Rsa("k", algorithm);
        _issuer.Publish(key);
        var token = await VerifyAsync(key.Token(GoodClaims()));
        Assert.Equal("repo:acme/app:ref:refs/heads/main", token!.Subject);
        Assert.Equal(_time.GetUtcNow().AddMinutes(5), token.ExpiresAt);
        Assert.Equal(["42"], token.Claims["repository_id"].AsEnumerable());
    }

    [Fact]
    public async Task Factorable_key_is_not_used()
    {
        var root = (BigInteger.One << 1024) - 105; // a prime
        var modulus = (root * root).ToByteArray(isUnsigned: true, isBigEndian: true);
        var weak = new JsonObject { ["kty"] = "RSA", ["kid"] = "weak", ["n"] = Base64Url.EncodeToString(modulus), ["e"] = "AQAB" };
        _issuer.Publish(Key, new LocalIssuer.Key("weak", "RS256", weak, _ => []));

        Assert.Null(await _keys.FindAsync(_issuer.Url, "weak", CancellationToken.None));
        Assert.NotNull(await _keys.FindAsync(_issuer.Url, Key.Id, CancellationToken.None));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public async Task Listed_compromised_key_is_not_used(string algorithm)
    {
        var listed = algorithm.StartsWith('E') ? LocalIssuer.Key.Ec("listed", algorithm) : LocalIssuer.Key.Rsa("listed", algorithm);
        var broken = new JsonObject { ["kty"] = "EC", ["kid"] = "broken", ["crv"] = "P-256", ["x"] = "AQ", ["y"] = "AQ" };
        _issuer.Publish(Key, listed, new LocalIssuer.Key("broken", "ES256", broken, _ => []));
        using var keys = new IssuerKeys(_documents, ListOf(listed), _time, NullLogger<IssuerKeys>.Instance);

        Assert.Null(await keys.FindAsync(_issuer.Url, "listed", CancellationToken.None));
        Assert.NotNull(await keys.FindAsync(_issuer.Url, Key.Id, CancellationToken.None));
    }

    [Theory]
    [InlineData("iss", "\"https://other.example\"")]
    [InlineData("iss", null)]
    [InlineData("aud", "\"others\"")]
    [InlineData("aud", "[\"codesigning\",\"others\"]")]
    [InlineData("aud", "[]")]
    [InlineData("aud", null)]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", null)]
    [InlineData("exp", "1893455000")] // Before the clock's 2030-01-01.
    [InlineData("exp", null)]
    [InlineData("exp", "\"tomorrow\"")]
    [InlineData("nbf", "1893456100")] // 100 seconds after it.
    public async Task Token_with_an_invalid_claim_is_refused(string claim, string? json)
    {
        var claims = GoodClaims();
        claims.Remove(claim);
        if (json is not null)
        {
            claims[claim] = JsonNode.Parse(json);
        }

        Assert.Null(await VerifyAsync(Key.Token(claims)));
    }

    [Theory]
    [InlineData("iss", "\"https://elsewhere.example\"", "(iss)")]
    [InlineData("aud", "\"sigstore\"", "(aud)")]
    [InlineData("aud", "[\"codesigning\", \"sigstore\"]", "(aud)")]
    [InlineData("sub", null, "(sub)")]
    [InlineData("exp", null, "(exp is missing)")]
    [InlineData("exp", "1000000000", "(exp)")]
    [InlineData("nbf", "4000000000", "(nbf)")]
    public async Task Fault_names_the_failed_claim_without_its_value(string claim, string? json, string told)
    {
        var claims = GoodClaims();
        claims.Remove(claim);
        if (json is not null)
        {
            claims[claim] = JsonNode.Parse(json);
        }

        var fault = (await _verifier.VerifyAsync(_issuer.Url, "codesigning", Key.Token(claims), default)).Fault!;
        Assert.Contains(told, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("sigstore", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fault_names_the_failed_check()
    {
        var stranger = LocalIssuer.Key.Rsa("key-1", "RS256");
        Assert.Contains("signature", await FaultOfAsync(stranger.Token(GoodClaims())), StringComparison.Ordinal);
        Assert.Contains("(kid)", await FaultOfAsync(LocalIssuer.Key.Rsa("key-2", "RS256").Token(GoodClaims())), StringComparison.Ordinal);
        Assert.Contains("three parts", await FaultOfAsync("a secret that is no token"), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", await FaultOfAsync("a secret that is no token"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_may_omit_its_not_before_claim()
    {
        var claims = GoodClaims();
        claims.Remove("nbf");
        Assert.NotNull(await VerifyAsync(Key.Token(claims)));
    }

    [Fact]
    public async Task Audience_may_be_an_array_of_one()
    {
        var claims = GoodClaims();
        claims["aud"] = new JsonArray("codesigning");
        Assert.NotNull(await VerifyAsync(Key.Token(claims)));
    }

    [Fact]
    public async Task Token_is_valid_until_its_expiry_and_not_after()
    {
        var token = Key.Token(GoodClaims());
        _time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(29));
        Assert.NotNull(await VerifyAsync(token));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await VerifyAsync(token));
    }

    [Fact]
    public async Task Token_without_a_signature_is_refused()
    {
        var claims = LocalIssuer.Encode(GoodClaims().ToJsonString());
        foreach (var algorithm in new[] { "none", "None", "NONE", "" })
        {
            var header = Key.Header();
            header["alg"] = algorithm;
            Assert.Null(await VerifyAsync($"{LocalIssuer.Encode(header.ToJsonString())}.{claims}."));
        }

        Assert.Null(await VerifyAsync($"{LocalIssuer.Encode(Key.Header().ToJsonString())}.{claims}."));
    }

    [Fact]
    public async Task Public_key_is_not_accepted_as_a_shared_secret()
    {
        var header = Key.Header();
        header["alg"] = "HS256";
        var published = Base64Url.DecodeFromChars((string)Key.Public["n"]!);
        Assert.Null(await VerifyAsync(
            LocalIssuer.Token(header, GoodClaims(), data => HMACSHA256.HashData(published, data))));
    }

    [Fact]
    public async Task Foreign_key_is_refused_under_any_key_id()
    {
        var stranger = LocalIssuer.Key.Rsa("key-1", "RS256");
        Assert.Null(await VerifyAsync(stranger.Token(GoodClaims())));
        Assert.Null(await VerifyAsync(LocalIssuer.Key.Rsa("key-2", "RS256").Token(GoodClaims())));
        var header = stranger.Header();
        header["jwk"] = stranger.Public.DeepClone();
        header["x5u"] = _issuer.Url;
        header["jku"] = _issuer.Url;
        Assert.Null(await VerifyAsync(LocalIssuer.Token(header, GoodClaims(), stranger.Sign)));
    }

    [Fact]
    public async Task Token_must_name_its_key()
    {
        var header = Key.Header();
        header.Remove("kid");
        Assert.Null(await VerifyAsync(LocalIssuer.Token(header, GoodClaims(), Key.Sign)));
    }

    [Fact]
    public async Task Token_with_a_critical_extension_is_refused()
    {
        var header = Key.Header();
        header["crit"] = new JsonArray("exp");
        Assert.Null(await VerifyAsync(LocalIssuer.Token(header, GoodClaims(), Key.Sign)));
    }

    [Fact]
    public async Task Token_with_one_altered_character_is_refused()
    {
        var token = Key.Token(GoodClaims());
        for (var at = 0; at < token.Length - 3; at += 7)
        {
            var altered = token.ToCharArray();
            altered[at] = altered[at] switch { '.' => 'a', 'A' => 'B', _ => 'A' };
            Assert.Null(await VerifyAsync(new string(altered)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.")]
    [InlineData("é.é.é")]
    public async Task Garbage_is_refused(string token) => Assert.Null(await VerifyAsync(token));

    [Theory]
    [InlineData("{0}")]
    [InlineData("{0}.A")]
    [InlineData("{0}.A.A.A")]
    [InlineData("{0}.A.A.A.A")]
    [InlineData("{0}.AAAA.AAAA.AAAA.AAAA")]
    [InlineData("{0}.A.A.A.A.A")]
    public async Task Token_without_three_parts_is_refused(string form)
    {
        var encrypted = LocalIssuer.Encode("""{"alg":"dir","enc":"A128CBC-HS256","kid":"k"}""");
        Assert.Null(await VerifyAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, encrypted)));
    }

    [Theory]
    [InlineData("""{"alg":5,"kid":"key-1"}""", "{}")]
    [InlineData("""{"alg":"RS256","kid":{}}""", "{}")]
    [InlineData("""{"alg":"RS256","kid":"key-1","crit":5}""", "{}")]
    [InlineData("""{"alg":"RS256","kid":"key-1"}""", """{"iss":5,"aud":{},"sub":[]}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1"}""", """{"exp":1e300,"nbf":-1e300,"iat":"never"}""")]
    [InlineData("[]", "[]")]
    [InlineData("null", "null")]
    public async Task Token_with_parts_of_wrong_types_is_refused(string header, string claims) =>
        Assert.Null(await VerifyAsync($"{LocalIssuer.Encode(header)}.{LocalIssuer.Encode(claims)}.AAAA"));

    [Fact]
    public async Task Token_longer_than_16_KiB_is_refused_unread()
    {
        var claims = GoodClaims();
        claims["padding"] = new string('x', 16 * 1024);
        Assert.Null(await VerifyAsync(Key.Token(claims)));
        Assert.Equal(0, _issuer.Requests);
    }

    [Fact]
    public async Task Token_with_a_duplicate_claim_is_refused()
    {
        var good = GoodClaims().ToJsonString();
        var twice = good[..^1] + ",\"repository_id\":43}";
        var signed = LocalIssuer.Encode(Key.Header().ToJsonString()) + "." + LocalIssuer.Encode(twice);
        var signature = Key.Sign(System.Text.Encoding.ASCII.GetBytes(signed));
        Assert.Null(await VerifyAsync(signed + "." + Base64Url.EncodeToString(signature)));
    }

    [Fact]
    public async Task Weak_keys_and_keys_for_encryption_are_not_used()
    {
        var weak = LocalIssuer.Key.Rsa("weak", "RS256", bits: 1024);
        var encryption = LocalIssuer.Key.Rsa("encryption", "RS256");
        encryption.Public["use"] = "enc";
        _issuer.Publish(weak, encryption);
        Assert.Null(await VerifyAsync(weak.Token(GoodClaims())));
        Assert.Null(await VerifyAsync(encryption.Token(GoodClaims())));
    }

    [Fact]
    public async Task Rotated_keys_are_found_within_a_minute()
    {
        Assert.NotNull(await VerifyAsync(Key.Token(GoodClaims())));
        var next = LocalIssuer.Key.Ec("key-2", "ES256");
        _issuer.Publish(Key, next);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(await VerifyAsync(next.Token(GoodClaims())));
        Assert.NotNull(await VerifyAsync(Key.Token(GoodClaims())));
    }

    [Fact]
    public async Task Key_withdrawn_by_its_issuer_is_unused_after_an_hour()
    {
        Assert.NotNull(await VerifyAsync(Key.Token(GoodClaims())));
        _issuer.Publish(LocalIssuer.Key.Ec("key-2", "ES256"));
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.Null(await VerifyAsync(Key.Token(GoodClaims())));
    }

    [Fact]
    public async Task Tokens_with_unknown_keys_cause_no_repeated_issuer_requests()
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.Null(await VerifyAsync(LocalIssuer.Token(
                new JsonObject { ["alg"] = "RS256", ["kid"] = $"unknown-{i}" }, GoodClaims(), Key.Sign)));
        }

        Assert.Equal(2, _issuer.Requests); // Its configuration and its keys, once.
    }

    [Fact]
    public async Task Cached_keys_of_unavailable_issuer_are_used_for_a_day()
    {
        Assert.NotNull(await VerifyAsync(Key.Token(GoodClaims())));
        _issuer.IsDown = true;
        _time.Advance(TimeSpan.FromHours(23));
        Assert.NotNull(await VerifyAsync(Key.Token(GoodClaims())));
        _time.Advance(TimeSpan.FromHours(2));
        await AssertUnavailableAsync();
        _issuer.IsDown = false;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(await VerifyAsync(Key.Token(GoodClaims())));
    }

    [Fact]
    public async Task Unavailable_issuer_is_retried_once_a_minute()
    {
        _issuer.IsDown = true;
        for (var i = 0; i < 50; i++)
        {
            await AssertUnavailableAsync();
        }

        Assert.Equal(1, _issuer.Requests);
        _time.Advance(TimeSpan.FromMinutes(1));
        await AssertUnavailableAsync();
        Assert.Equal(2, _issuer.Requests);
    }

    [Fact]
    public async Task Configuration_of_another_issuer_is_refused()
    {
        _issuer.Discovery = () => JsonSerializer.Serialize(new { issuer = "https://other.example", jwks_uri = _issuer.Url + "/keys" });
        await AssertUnavailableAsync();
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"issuer\":5}")]
    public async Task Invalid_configuration_makes_the_issuer_unavailable(string text)
    {
        _issuer.Discovery = () => text;
        await AssertUnavailableAsync();
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\"keys\":5}")]
    public async Task Invalid_key_set_makes_the_issuer_unavailable(string text)
    {
        _issuer.Keys = () => text;
        await AssertUnavailableAsync();
    }

    [Fact]
    public async Task Endless_answer_of_an_issuer_is_not_read()
    {
        _issuer.Keys = () => new string(' ', 1024 * 1024);
        await AssertUnavailableAsync();
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        using var elsewhere = new Listener();
        _issuer.RedirectTo = $"http://127.0.0.1:{elsewhere.Port}/";
        await AssertUnavailableAsync();
        Assert.False(elsewhere.WasAsked);
    }

    [Theory]
    [InlineData("https://localhost:{0}/keys")] // Another name than the issuer's, and an address of no public network.
    [InlineData("http://localhost:{0}/keys")]
    [InlineData("file:///etc/passwd#{0}")]
    public async Task Key_set_address_cannot_reach_a_private_network(string url)
    {
        using var elsewhere = new Listener();
        var keySet = string.Format(System.Globalization.CultureInfo.InvariantCulture, url, elsewhere.Port);
        _issuer.Discovery = () => JsonSerializer.Serialize(new { issuer = _issuer.Url, jwks_uri = keySet });
        await AssertUnavailableAsync();
        Assert.False(elsewhere.WasAsked);
    }

    private JsonObject GoodClaims() => _issuer.Claims(_time.GetUtcNow());

    private async Task<VerifiedToken?> VerifyAsync(string token) =>
        (await _verifier.VerifyAsync(_issuer.Url, "codesigning", token, default)).Token;

    private async Task<string?> FaultOfAsync(string token) =>
        (await _verifier.VerifyAsync(_issuer.Url, "codesigning", token, default)).Fault;

    /// <summary>A list of one key in the form of badkeys.</summary>
    private static CompromisedKeys ListOf(LocalIssuer.Key key)
    {
        using var directory = new TemporaryDirectory();
        var number = Base64Url.DecodeFromChars((string?)key.Public["n"] ?? (string?)key.Public["x"]);
        File.WriteAllBytes(directory.File("blocklist.dat"), [.. SHA256.HashData(number.AsSpan().TrimStart((byte)0))[..15], 1]);
        return CompromisedKeys.Read(directory.Path);
    }

    private async Task AssertUnavailableAsync()
    {
        var refusal = await Assert.ThrowsAsync<RefusedException>(() => VerifyAsync(Key.Token(GoodClaims())));
        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
    }

    private sealed class Listener : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Listener() => _listener.Start();

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public bool WasAsked => _listener.Pending();

        public void Dispose() => _listener.Dispose();
    }
}
