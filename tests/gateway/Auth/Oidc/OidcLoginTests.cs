using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CodeSigning.Gateway.Tests.Auth.Oidc;

public sealed class OidcLoginTests : GatewaySuite
{
    private readonly LocalIssuer.Key _key = LocalIssuer.Key.Ec("key-1", "ES256");
    private LocalIssuer _issuer = null!;
    private string _identity = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _issuer = await LocalIssuer.StartAsync();
        _issuer.Publish(_key);
        _identity = await CreateIdentityAsync("ci");
        await Administrator.PutAsync($"/identities/{_identity}/oidc", new
        {
            issuer = _issuer.Url,
            audience = "codesigning",
            subject = "repo:acme/app:*",
            claims = new { repository_id = "42" },
        });
    }

    public override async Task DisposeAsync()
    {
        await _issuer.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Build_logs_in_with_its_token()
    {
        var answer = await LogInAsync(_issuer.Claims(DateTimeOffset.UtcNow), 200);
        using var build = Gateway.With((string)answer["accessToken"]!);
        var me = await build.GetAsync("/me", 200);
        Assert.Equal((_identity, "identity"), ((string)me["id"]!, (string)me["kind"]!));
        Assert.Equal("repo:acme/app:ref:refs/heads/main", (string?)me["session"]!["subject"]);
        Assert.InRange((int)answer["expiresIn"]!, 30 * 60, 35 * 60);
    }

    [Fact]
    public async Task Build_with_an_altered_or_missing_claim_cannot_log_in()
    {
        (string Claim, string? Value)[] alterations =
        [
            ("iss", "https://other.example"),
            ("aud", "others"),
            ("sub", "repo:evil/app:main"),
            ("repository_id", "43"),
            ("repository_id", null),
        ];
        foreach (var (claim, value) in alterations)
        {
            var claims = _issuer.Claims(DateTimeOffset.UtcNow);
            claims.Remove(claim);
            if (value is not null)
            {
                claims[claim] = value;
            }

            Assert.Equal("Unauthenticated", (string?)(await LogInAsync(claims, 401))["code"]);
        }
    }

    [Fact]
    public async Task Encrypted_token_is_a_failed_login_that_the_throttle_counts()
    {
        var encrypted = LocalIssuer.Encode("""{"alg":"dir","enc":"A128CBC-HS256","kid":"k"}""") + ".A.A.A.A";
        Assert.Equal("Unauthenticated", (string?)(await LogInAsync(encrypted, 401))["code"]);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 30; i++)
        {
            using var response = await PostAsync(encrypted);
            answers.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], answers.Distinct());
    }

    [Fact]
    public async Task Binding_is_shown_to_administrators_and_validated_when_set()
    {
        var shown = await Administrator.GetAsync($"/identities/{_identity}", 200);
        Assert.Equal("42", (string?)shown["oidc"]!["claims"]!["repository_id"]);
        await Administrator.PutAsync(
            $"/identities/{_identity}/oidc", new { issuer = "http://issuer.example", audience = "a", subject = "b" }, 400);
        await Administrator.PutAsync(
            $"/identities/{_identity}/oidc", new { issuer = "https://issuer.example", audience = "a", subject = "*" }, 400);
    }

    private Task<JsonNode> LogInAsync(JsonObject claims, int status) => LogInAsync(_key.Token(claims), status);

    private async Task<JsonNode> LogInAsync(string token, int status)
    {
        using var response = await PostAsync(token);
        return await response.ReadAsync(status);
    }

    private Task<HttpResponseMessage> PostAsync(string token) =>
        Gateway.Http.PostAsJsonAsync("/api/v1/auth/oidc-auth/login", new { identityId = _identity, jwt = token });
}
