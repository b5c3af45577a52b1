using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>Whose word on the client's address counts: it goes into the ledger, and scopes of grants are held against it.</summary>
public sealed class ForwardedAddressTests
{
    private static readonly string[] Lies =
    [
        "X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "X-Real-IP: 203.0.113.7", "True-Client-IP: 203.0.113.7",
        "X-Client-IP: 203.0.113.7", "CF-Connecting-IP: 203.0.113.7", "X-Original-For: 203.0.113.7", "Client-IP: 203.0.113.7",
    ];

    [Fact]
    public async Task Without_a_trusted_proxy_no_header_changes_the_address()
    {
        await using var server = await CodeSigningServer.StartAsync();

        foreach (var lie in Lies)
        {
            Assert.Equal("127.0.0.1", await AddressSeenAsync(server, lie));
        }
    }

    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.7", "203.0.113.7")]
    [InlineData("X-Forwarded-For: 2001:db8::7", "2001:db8::7")]
    [InlineData("X-Forwarded-For: 203.0.113.7:4711", "203.0.113.7")]
    [InlineData("X-Forwarded-For: 198.51.100.1, 203.0.113.7", "203.0.113.7")] // What the client itself sent is before what the proxy added.
    [InlineData("X-Forwarded-For: 127.0.0.1, 203.0.113.7", "203.0.113.7")]
    [InlineData("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7")]
    [InlineData("X-Forwarded-For: 203.0.113.7, 127.0.0.1", "203.0.113.7")] // Two proxies in a row, both trusted.
    [InlineData("X-Forwarded-For: nonsense", "127.0.0.1")]
    [InlineData("X-Forwarded-For: 203.0.113.7, nonsense", "127.0.0.1")]
    [InlineData("X-Real-IP: 203.0.113.7", "127.0.0.1")]
    [InlineData("Forwarded: for=203.0.113.7", "127.0.0.1")]
    public async Task Last_untrusted_address_from_a_trusted_proxy_counts(string header, string expected)
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_TRUSTED_PROXIES=127.0.0.1");

        Assert.Equal(expected, await AddressSeenAsync(server, header));
    }

    [Fact]
    public async Task Untrusted_proxys_header_is_ignored()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_TRUSTED_PROXIES=192.0.2.0/24");

        Assert.Equal("127.0.0.1", await AddressSeenAsync(server, "X-Forwarded-For: 203.0.113.7"));
    }

    /// <summary>The address that the ledger has of a change that was asked for with these headers.</summary>
    private static async Task<string> AddressSeenAsync(CodeSigningServer server, string headers)
    {
        var administrator = await server.AsAdministratorAsync();
        var name = $"g{Guid.NewGuid():n}";
        var body = $$"""{"name":"{{name}}"}""";
        var answer = await RawConnection.AskAsync(
            server.Address,
            $"POST /api/v1/groups HTTP/1.1\r\nHost: x\r\n{headers}\r\nAuthorization: Bearer {administrator.Token}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        var last = (await administrator.GetAsync("/api/v1/ledger/entries?kind=admin&limit=1")).Succeeded().Json.GetProperty("items")[0];
        Assert.Contains(name, last.GetRawText(), StringComparison.Ordinal);
        return last.GetProperty("address").GetString()!;
    }
}
