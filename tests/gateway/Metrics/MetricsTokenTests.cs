using System.Net;
using System.Net.Http.Headers;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Metrics;

/// <summary><c>/metrics</c> with a token of its own.</summary>
public sealed class MetricsTokenTests
{
    private const string Token = "a-token-of-prometheus";

    [Fact]
    public async Task Metrics_ask_for_their_token()
    {
        await using var server = await CodeSigningServer.StartAsync($"--CODESIGNING_METRICS_TOKEN={Token}");
        using var http = new HttpClient { BaseAddress = server.Address };

        (await server.AsNobody().GetAsync("/metrics")).Refused(401, "Unauthenticated");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, "Bearer another-token-of-it"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, $"Basic {Token}"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, $"Bearer {Token}"));
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
