using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What happens when too much is asked, or too slowly.</summary>
public sealed class LimitsTests
{
    [Fact]
    public async Task Rate_limited_caller_gets_a_retry_after_and_probes_succeed()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_REQUESTS_PER_SECOND=1");
        var administrator = await server.AsAdministratorAsync();
        var identity = (await administrator.PostAsync("/api/v1/identities", new { name = "ci" })).Succeeded().Text("id");
        await Eventually.HoldsAsync(async () =>
            (await administrator.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { })).Status == 201);
        ApiAnswer? limited = null;

        await Eventually.HoldsAsync(async () => (limited = await administrator.GetAsync("/api/v1/me")).Status == 429);

        Assert.True(limited!.Refused(429, "RateLimited").Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        (await server.AsNobody().GetAsync("/readyz")).Succeeded();
    }

    [Fact]
    public async Task Signatures_have_a_separate_rate()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_SIGNATURES_PER_SECOND=1");
        var administrator = await server.AsAdministratorAsync();
        var item = new { data = "AAAA", signingAlgorithm = "ECDSA_SHA256", isDigest = false };
        var batch = new { items = Enumerable.Repeat(item, 1000) };
        const string signer = "/api/v1/pki/signers/sgn_00000000000000000000000000/sign";

        (await administrator.PostAsync($"{signer}/batch", batch)).Succeeded();

        (await administrator.PostAsync($"{signer}/batch", batch)).Refused(429, "RateLimited");
        (await administrator.GetAsync("/api/v1/me")).Succeeded();
    }

    [Fact]
    public async Task Slow_login_requests_block_no_other_client()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_REQUESTS_IN_FLIGHT=8");
        var administrator = await server.AsAdministratorAsync();
        var held = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => HoldAsync(server, "/api/v1/auth/login", "")));

        (await server.AsNobody().PostAsync("/api/v1/auth/universal-auth/login", new { clientId = "x", clientSecret = "x" }))
            .Refused(401, "Unauthenticated");
        (await administrator.GetAsync("/api/v1/me")).Succeeded();

        foreach (var connection in held)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Busy_caller_blocks_only_itself()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_REQUESTS_IN_FLIGHT=8");
        var administrator = await server.AsAdministratorAsync();
        var other = await AddPersonAsync(server, administrator);

        var busy = await HoldUntilBusyAsync(
            server,
            "/api/v1/pki/signers/sgn_00000000000000000000000000/sign/batch",
            [Authorization(other)],
            429,
            () => other.GetAsync("/api/v1/me"),
            async () => (await administrator.GetAsync("/api/v1/me")).Succeeded());

        Assert.NotNull(busy.Refused(429, "RateLimited").Headers.RetryAfter);
        await Eventually.HoldsAsync(async () => (await other.GetAsync("/api/v1/me")).Status == 200);
    }

    [Fact]
    public async Task Excess_work_gets_a_retry_after_and_probes_succeed()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_REQUESTS_IN_FLIGHT=2");
        var administrator = await server.AsAdministratorAsync();
        var other = await AddPersonAsync(server, administrator);

        var busy = await HoldUntilBusyAsync(
            server,
            "/api/v1/groups",
            [Authorization(administrator), Authorization(other)],
            503,
            () => administrator.GetAsync("/api/v1/me"),
            async () =>
            {
                (await server.AsNobody().GetAsync("/healthz")).Succeeded();
                (await server.AsNobody().GetAsync("/readyz")).Succeeded();
                (await server.AsNobody().GetAsync("/metrics")).Succeeded();
            });

        Assert.NotNull(busy.Refused(503, "Unavailable").Headers.RetryAfter);
        await Eventually.HoldsAsync(async () => (await administrator.GetAsync("/api/v1/me")).Status == 200);
    }

    [Fact]
    public async Task Body_that_arrives_too_slowly_is_aborted()
    {
        await using var server = await CodeSigningServer.StartAsync();
        await using var slow = await HoldAsync(server, "/api/v1/auth/login", "");

        var answer = await slow.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    private static async Task<ApiClient> AddPersonAsync(CodeSigningServer server, ApiClient administrator)
    {
        const string email = "rae@example.com", password = "a password of rae's";
        await administrator.CreatePersonAsync(email, "Rae", password);
        return server.As(await server.AsNobody().LogInAsync(email, password));
    }

    private static string Authorization(ApiClient client) => $"Authorization: Bearer {client.Token}\r\n";

    /// <summary>
    /// Holds eight requests open until somebody is told to come back, and meanwhile looks at something else. They are begun
    /// anew each time, since the server gives slow ones up.
    /// </summary>
    private static async Task<ApiAnswer> HoldUntilBusyAsync(
        CodeSigningServer server, string path, string[] headers, int status, Func<Task<ApiAnswer>> ask, Func<Task> meanwhile)
    {
        ApiAnswer? answer = null;
        await Eventually.HoldsAsync(async () =>
        {
            var held = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => HoldAsync(server, path, headers[i % headers.Length])));
            answer = await ask();
            await meanwhile();
            foreach (var connection in held)
            {
                await connection.DisposeAsync();
            }

            return answer.Status == status;
        });
        return answer!;
    }

    /// <summary>Begins a request and does not send all of its body.</summary>
    private static async Task<RawConnection> HoldAsync(CodeSigningServer server, string path, string headers)
    {
        var connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync(
            $"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{");
        return connection;
    }
}
