using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What holds for every answer.</summary>
[Collection(SharedServer.Collection)]
public sealed class AnswerHeadersTests(SharedServer shared)
{
    [Theory]
    [InlineData("/healthz")]
    [InlineData("/metrics")]
    [InlineData("/docs")]
    [InlineData("/docs/index.html")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/api/v1/me")]
    [InlineData("/nothing-here")]
    public async Task Every_answer_has_the_security_headers_and_no_server_name(string path)
    {
        var headers = (await shared.Server.AsNobody().GetAsync(path)).Headers;

        Assert.Equal("nosniff", Assert.Single(headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(headers.GetValues("X-Frame-Options")));
        Assert.Equal("no-referrer", Assert.Single(headers.GetValues("Referrer-Policy")));
        Assert.Equal("same-origin", Assert.Single(headers.GetValues("Cross-Origin-Resource-Policy")));
        var policy = Assert.Single(headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.NotEmpty(Assert.Single(headers.GetValues("X-Request-Id")));
        Assert.False(headers.Contains("Server"));
        Assert.False(headers.Contains("X-Powered-By"));
        Assert.False(headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("127.0.0.1", "https", true)]
    [InlineData("127.0.0.1", "http", false)]
    [InlineData("192.0.2.1", "https", false)]
    public async Task TLS_at_a_trusted_proxy_makes_transport_strict(string proxies, string scheme, bool strict)
    {
        await using var server = await CodeSigningServer.StartAsync($"--CODESIGNING_TRUSTED_PROXIES={proxies}");

        foreach (var path in new[] { "/healthz", "/sign-in", "/api/v1/me", "/nothing-here" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("X-Forwarded-Proto", scheme);
            request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            using var response = await server.Http.SendAsync(request);
            Assert.Equal(strict, response.Headers.Contains("Strict-Transport-Security"));
        }
    }

    [Theory]
    [InlineData("/api/v1/me")]
    [InlineData("/api/v1/users")]
    [InlineData("/api/v1/users/nobody")]
    public async Task API_answers_are_never_cached(string path) =>
        Assert.True((await (await shared.Server.AsAdministratorAsync()).GetAsync(path)).Headers.CacheControl!.NoStore);

    [Fact]
    public async Task Probes_answer_anonymous_callers_with_one_word_a_check()
    {
        var nobody = shared.Server.AsNobody();

        Assert.Equal("ok", (await nobody.GetAsync("/healthz")).Succeeded().Text("status"));
        var ready = (await nobody.GetAsync("/readyz")).Succeeded().Json;
        Assert.Equal("ok", ready.GetProperty("status").GetString());
        Assert.Equal(["ledger", "store"], ready.GetProperty("checks").EnumerateObject().Select(check => check.Name).Order());
        Assert.All(ready.GetProperty("checks").EnumerateObject(), check => Assert.Equal("ok", check.Value.GetString()));
    }

    [Fact]
    public async Task Redirect_stays_on_this_server()
    {
        var answer = await shared.Server.AsNobody().GetAsync("/docs");

        Assert.Equal(301, answer.Status);
        Assert.False(answer.Headers.Location!.IsAbsoluteUri);
    }

    [Fact]
    public async Task Bare_address_leads_people_to_sign_in()
    {
        var answer = await shared.Server.AsNobody().GetAsync("/");

        Assert.Equal((302, "/sign-in"), (answer.Status, answer.Headers.Location!.ToString()));
    }

    [Fact]
    public async Task Bare_address_gives_links_to_JSON_clients()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await shared.Server.Http.SendAsync(request);

        var links = (await ApiAnswer.ReadAsync(response)).Succeeded();
        Assert.Equal(("/api/v1", "/openapi/v1.json", "/docs"), (links.Text("api"), links.Text("description"), links.Text("docs")));
    }
}
