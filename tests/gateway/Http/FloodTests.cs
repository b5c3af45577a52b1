using System.Net.Http.Headers;
using System.Net.Http.Json;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What callers are told who cause more entries or sessions than anybody needs.</summary>
public sealed class FloodTests
{
    [Fact]
    public async Task Endlessly_denied_caller_gets_a_retry_after()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_TRUSTED_PROXIES=127.0.0.1");
        var administrator = await server.AsAdministratorAsync();
        var signer = await AddSignerThatDeniesAsync(administrator);

        // Denials from one address become one entry; whoever has many addresses has the same budget.
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => SignFromAsync(server, administrator.Token!, signer, $"192.0.2.{i % 250}")));

        var refused = answers.Where(answer => (int)answer.StatusCode == 429).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.NotNull(answer.Headers.RetryAfter));
        Assert.All(answers.Except(refused), answer => Assert.Equal(403, (int)answer.StatusCode));
    }

    [Fact]
    public async Task Stranger_is_denied_without_an_operation_id()
    {
        await using var server = await CodeSigningServer.StartAsync();
        var administrator = await server.AsAdministratorAsync();
        var signer = await AddSignerThatDeniesAsync(administrator);
        const string email = "rae@example.com", password = "a password of rae's";
        await administrator.CreatePersonAsync(email, "Rae", password);
        var stranger = server.As(await server.AsNobody().LogInAsync(email, password));

        var item = new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true };
        var batch = await stranger.PostAsync($"/api/v1/pki/signers/{signer}/sign/batch", new { items = Enumerable.Repeat(item, 1000) });

        var items = batch.Succeeded().Json.GetProperty("items").EnumerateArray().ToList();
        Assert.All(items, one => Assert.Equal("NotFound", one.GetProperty("code").GetString()));
        Assert.DoesNotContain(items, one => one.TryGetProperty("operationId", out _));
        var entries = await administrator.GetAsync("/api/v1/ledger/entries?kind=sign");
        Assert.Empty(entries.Succeeded().Json.GetProperty("items").EnumerateArray());
    }

    private static async Task<string> AddSignerThatDeniesAsync(ApiClient administrator)
    {
        var me = (await administrator.GetAsync("/api/v1/me")).Succeeded().Text("id");
        var policy = (await administrator.PostAsync("/api/v1/pki/signing-policies", new
        {
            name = "policy",
            constraints = new { maxSignings = 1 },
            steps = new[] { new { approvers = new[] { new { kind = "user", id = me } }, requiredApprovals = 1 } },
        })).Succeeded().Text("id");
        var authority = (await administrator.PostAsync(
            "/api/v1/pki/ca", new { commonName = "CA", keyAlgorithm = "EC_P256", ttlDays = 365 })).Succeeded().Text("id");
        return (await administrator.PostAsync("/api/v1/pki/signers", new
        {
            name = "release",
            caId = authority,
            commonName = "x",
            keyAlgorithm = "EC_P256",
            certificateTtlDays = 100,
            approvalPolicyId = policy,
        })).Succeeded().Text("id");
    }

    private static async Task<HttpResponseMessage> SignFromAsync(CodeSigningServer server, string token, string signer, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/pki/signers/{signer}/sign")
        {
            Content = JsonContent.Create(
                new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("X-Forwarded-For", address);
        return await server.Http.SendAsync(request);
    }
}
