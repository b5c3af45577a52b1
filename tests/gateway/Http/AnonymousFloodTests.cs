using System.Diagnostics;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What somebody without a token can hold or wear out, and who gets through all the same.</summary>
public sealed class AnonymousFloodTests
{
    [Theory]
    [InlineData("")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")]
    public async Task Connections_held_open_block_no_other_client(string begun)
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_CONNECTIONS=20", "--CODESIGNING_CONNECTIONS_PER_ADDRESS=5");
        var administrator = await server.AsAdministratorAsync();
        (await administrator.GetAsync("/api/v1/me")).Succeeded();
        var held = new List<RawConnection>();
        for (var i = 0; i < 60; i++)
        {
            held.Add(await RawConnection.OpenAsync(server.Address));
            await held[^1].SendAsync(begun);
        }

        await AnswersAsync(server, "/readyz");
        await AnswersAsync(server, "/healthz");
        (await administrator.GetAsync("/api/v1/me")).Succeeded();
        var limits = server.Services.GetRequiredService<ConnectionLimits>();
        Assert.InRange(limits.AnonymousCount, 0, 5);
        await Eventually.HoldsAsync(() => limits.Displaced >= 50);
        foreach (var connection in held)
        {
            await connection.DisposeAsync();
        }

        await Eventually.HoldsAsync(() => limits.AnonymousCount == 0);
    }

    [Fact]
    public async Task Authenticated_connections_survive_any_number_of_anonymous_ones()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_CONNECTIONS=20", "--CODESIGNING_CONNECTIONS_PER_ADDRESS=5");
        var token = (await server.AsAdministratorAsync()).Token;
        await using var caller = await RawConnection.OpenAsync(server.Address);
        await caller.SendAsync($"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
        var limits = server.Services.GetRequiredService<ConnectionLimits>();
        await Eventually.HoldsAsync(() => limits.TrustedCount == 1);
        for (var i = 0; i < 30; i++)
        {
            await RawConnection.OpenAsync(server.Address);
        }

        await caller.SendAsync($"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");

        Assert.Equal(2, (await caller.ReadToEndAsync()).Split("HTTP/1.1 200 ").Length - 1);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs/index.html")]
    [InlineData("/docs/swagger-ui-bundle.js")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api/v1/me")]
    [InlineData("/api/v1/pki/ca/ca_00000000000000000000000000/crl")]
    [InlineData("/api/v1/pki/ca/ca_00000000000000000000000000/certificate")]
    [InlineData("/api/v1/auth/login")] // 405
    public async Task Every_anonymous_path_has_a_limit(string path)
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        var nobody = server.AsNobody();
        var (answered, refused) = await AskUntilRefusedAsync(() => nobody.GetAsync(path));

        Assert.NotNull(refused.Refused(429, "RateLimited").Headers.RetryAfter);
        Assert.InRange(answered, 10, 40);
    }

    [Theory]
    [InlineData("/api/v1/auth/login", """{"email":"a@example.com","password":"x"}""", 2)]
    [InlineData("/api/v1/auth/universal-auth/login", "{}", 40)]
    [InlineData("/api/v1/auth/oidc-auth/login", "{}", 40)]
    public async Task Every_login_has_a_limit(string path, string body, int atOnce)
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        var nobody = server.AsNobody();
        var (answered, refused) = await AskUntilRefusedAsync(() => nobody.SendTextAsync(HttpMethod.Post, path, body));

        refused.Refused(429, "RateLimited");
        Assert.InRange(answered, atOnce, 2 * atOnce);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("cs_00000000000000000000000000_0000000000000000000000000000000000000000000")]
    public async Task Invalid_tokens_have_a_limit_that_valid_tokens_avoid(string madeUp)
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        var administrator = await server.AsAdministratorAsync();
        var (_, refused) = await AskUntilRefusedAsync(() => server.As(madeUp).GetAsync("/api/v1/me"));

        refused.Refused(429, "RateLimited");
        (await administrator.GetAsync("/api/v1/me")).Succeeded();
    }

    [Fact]
    public async Task Probes_from_the_address_of_a_flood_are_answered()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        var nobody = server.AsNobody();
        for (var i = 0; i < 11; i++)
        {
            await nobody.GetAsync("/nothing");
        }

        for (var i = 0; i < 6; i++)
        {
            (await nobody.GetAsync("/healthz")).Succeeded();
        }

        (await nobody.GetAsync("/readyz")).Succeeded();
        (await nobody.GetAsync("/metrics")).Succeeded();
    }

    [Fact]
    public async Task Client_behind_a_trusted_proxy_has_its_own_limit()
    {
        await using var server = await CodeSigningServer.StartAsync(
            "--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1", "--CODESIGNING_TRUSTED_PROXIES=127.0.0.1");
        await Eventually.HoldsAsync(async () =>
            (await AskAsync(server.Address, "/nothing", "203.0.113.7")).StartsWith("HTTP/1.1 429", StringComparison.Ordinal));

        Assert.StartsWith("HTTP/1.1 404", await AskAsync(server.Address, "/nothing", "203.0.113.8"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_client_waits_before_its_next_request()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        await using var connection = await RawConnection.OpenAsync(server.Address);
        var began = Stopwatch.GetTimestamp();
        await connection.SendAsync(string.Concat(Enumerable.Repeat("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 20)));
        await connection.SendAsync("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        var answers = await connection.ReadToEndAsync();

        Assert.Contains("HTTP/1.1 429 ", answers, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromSeconds(1));
    }

    /// <summary>Asks until it is refused; what takes its time gets back some of the rate meanwhile.</summary>
    private static async Task<(int Answered, ApiAnswer Refused)> AskUntilRefusedAsync(Func<Task<ApiAnswer>> ask)
    {
        for (var answered = 0; ; answered++)
        {
            var answer = await ask();
            if (answer.Status == 429 || answered == 200)
            {
                return (answered, answer);
            }
        }
    }

    // With only five places, what was opened before may still be taking one from who comes next.
    private static Task AnswersAsync(CodeSigningServer server, string path) => Eventually.HoldsAsync(async () =>
        (await AskAsync(server.Address, path, "127.0.0.1")).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));

    private static Task<string> AskAsync(Uri server, string path, string from) => RawConnection.AskAsync(
        server, $"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {from}\r\nConnection: close\r\n\r\n");
}
