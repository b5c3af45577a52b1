using System.Text.RegularExpressions;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What is tried on the surface of an HTTP server.</summary>
[Collection(SharedServer.Collection)]
public sealed partial class AttackTests(SharedServer shared)
{
    private Uri Address => shared.Server.Address;

    [Theory]
    [InlineData("GET /api/v1/me?access_token={token} HTTP/1.1\r\n")]
    [InlineData("GET /api/v1/me?token={token} HTTP/1.1\r\n")]
    [InlineData("GET /api/v1/me?Authorization=Bearer%20{token} HTTP/1.1\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nCookie: token={token}; Authorization=Bearer {token}\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nX-Authorization: Bearer {token}\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nAuthorization: {token}\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nAuthorization: Basic {token}\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nAuthorization: Bearer {token} x\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nAuthorization: Bearer {token}, Bearer x\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nProxy-Authorization: Bearer {token}\r\n")]
    public async Task Token_is_accepted_in_the_authorization_header_alone(string request)
    {
        var token = (await shared.Server.AsAdministratorAsync()).Token!;

        await AssertAnsweredAsync(401, request.Replace("{token}", token, StringComparison.Ordinal) + "Host: x\r\nConnection: close\r\n\r\n");
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override: DELETE")]
    [InlineData("X-HTTP-Method: DELETE")]
    [InlineData("X-Method-Override: DELETE")]
    [InlineData("X-Original-URL: /api/v1/users")]
    [InlineData("X-Rewrite-URL: /api/v1/users")]
    [InlineData("X-Forwarded-Prefix: /api/v1/users")]
    public async Task No_header_overrides_the_method_or_path(string header)
    {
        var administrator = await shared.Server.AsAdministratorAsync();

        var answer = await RawConnection.AskAsync(
            Address,
            $"GET /api/v1/me/sessions?_method=DELETE HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {administrator.Token}\r\n{header}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"isCurrent\":true", answer, StringComparison.Ordinal);
        (await administrator.GetAsync("/api/v1/me")).Succeeded();
    }

    /// <summary>In each, a server that reads the lengths otherwise than a proxy before it would see a second request.</summary>
    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 50\r\n\r\n12345GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Content-Length: -1\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Content-Length : 5\r\n\r\n12345GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2;\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("X-A: b\r\n Content-Length: 5\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("X-A: b\nContent-Length: 2\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    public Task Request_with_ambiguous_length_is_refused_with_the_rest(string rest) =>
        AssertAnsweredAsync(400, $"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{rest}");

    [Fact]
    public Task Lines_ending_in_a_bare_line_feed_are_refused() => AssertAnsweredAsync(400, "GET /healthz HTTP/1.1\nHost: x\n\n");

    [Theory]
    [InlineData("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")] // No host.
    [InlineData("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n")]
    [InlineData("GET /api/v1/users/%00 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /api/v1/pki/signers/x%00y/sign HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /health z HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n")]
    public async Task Malformed_HTTP_is_refused(string request)
    {
        var status = Assert.Single(await AskAsync(request));

        Assert.True(status is 400 or 505, $"{status}");
    }

    [Fact]
    public async Task Huge_headers_many_headers_and_long_addresses_are_refused()
    {
        await AssertAnsweredAsync(431, $"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: {new string('a', 20_000)}\r\n\r\n");
        await AssertAnsweredAsync(
            431,
            $"GET /healthz HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 70).Select(i => $"X-{i}: a\r\n"))}\r\n");
        await AssertAnsweredAsync(414, $"GET /healthz?{new string('a', 9_000)} HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    [Theory]
    [InlineData("/api/v1/auth/login", 32)]
    [InlineData("/api/v1/auth/universal-auth/login", 32)]
    [InlineData("/api/v1/auth/oidc-auth/login", 32)]
    [InlineData("/api/v1/groups", 256)]
    [InlineData("/api/v1/pki/signers/{signer}/sign", 16)]
    [InlineData("/api/v1/pki/signers/{signer}/sign/batch", 2048)]
    [InlineData("/api/v1/pki/certificates/import", 2048)]
    public async Task Body_declared_too_long_is_refused_unread(string path, int kibibytes)
    {
        var administrator = await shared.Server.AsAdministratorAsync();
        var length = (kibibytes * 1024) + 1;
        path = path.Replace("{signer}", "sgn_00000000000000000000000000", StringComparison.Ordinal);

        var answer = await RawConnection.AskAsync(
            Address,
            $"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {administrator.Token}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"TooLarge\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunked_body_is_refused_once_it_is_too_long()
    {
        var chunk = $"8000\r\n{new string(' ', 0x8000)}\r\n";

        var answer = await RawConnection.AskAsync(
            Address,
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/docs/..%2f..%2fgateway.dll")]
    [InlineData("/docs/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/docs/....//....//etc/passwd")]
    [InlineData("/docs/..%5c..%5cmaster.key")]
    [InlineData("/docs//etc/passwd")]
    [InlineData("/openapi/..%2fv1.json")]
    [InlineData("/master.key")]
    [InlineData("/data/codesigning.db")]
    [InlineData("/appsettings.json")]
    [InlineData("/api/v1/pki/signers/..%2f..%2fme")]
    [InlineData("/api/v1/pki/ca/..%2f..%2fusers/crl")]
    [InlineData("/api/v1/me%20")]
    [InlineData("/api/v1/me;x=1")]
    [InlineData("/api//v1/me")]
    public async Task No_path_leads_out_of_the_API(string path)
    {
        var administrator = await shared.Server.AsAdministratorAsync();

        var answer = await RawConnection.AskAsync(
            Address, $"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {administrator.Token}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TRACE_is_refused_and_echoes_nothing()
    {
        var answer = await RawConnection.AskAsync(
            Address, "TRACE /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer, StringComparison.Ordinal);
    }

    /// <summary>There is this one answer, and none to anything that came behind it.</summary>
    private async Task AssertAnsweredAsync(int status, string text) => Assert.Equal(status, Assert.Single(await AskAsync(text)));

    /// <summary>The statuses of all answers on one connection.</summary>
    private async Task<int[]> AskAsync(string text) =>
        [.. Status().Matches(await RawConnection.AskAsync(Address, text)).Select(match => int.Parse(match.Groups[1].Value))];

    [GeneratedRegex("^HTTP/1\\.1 ([0-9]{3}) ", RegexOptions.Multiline)]
    private static partial Regex Status();
}
