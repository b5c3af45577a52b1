using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Xunit.Abstractions;

namespace CodeSigning.Abuse.Tests;

/// <summary>
/// An honest client signs while somebody floods the server from the same address. CODESIGNING_ABUSE_SECONDS makes each
/// flood longer than its four seconds.
/// </summary>
public sealed class FloodTests(FloodedServer server, ITestOutputHelper output) : IClassFixture<FloodedServer>
{
    private const int MostTimesQuiet = 10;
    private const int Attempts = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Within less, the machine's own hiccups would decide.
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_ABUSE_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 4);

    private static readonly Dictionary<string, Func<Flood>> Floods = new()
    {
        ["idle connections"] = () => new HeldConnections("", most: 5000),
        ["slow headers"] = () => new HeldConnections("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", most: 5000),
        ["connections kept after a request"] = () => new HeldConnections("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", most: 5000),
        ["slow log-ins"] = () => new HeldConnections(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", most: 5000),
        ["unread answers"] = () => new UnreadAnswers("GET /openapi/v1.json HTTP/1.1\r\nHost: x\r\n\r\n"),
        ["the API's document"] = () => Requests(HttpMethod.Get, _ => "/openapi/v1.json"),
        ["CRLs"] = () => Requests(HttpMethod.Get, target => $"/api/v1/pki/ca/{target.CaId}/crl"),
        ["nothing"] = () => Requests(HttpMethod.Get, _ => "/nothing"),
        ["probes"] = () => Requests(HttpMethod.Get, _ => "/readyz"),
        ["passwords"] = () => Requests(
            HttpMethod.Post,
            _ => "/api/v1/auth/login",
            () => $$"""{"email":"{{Guid.NewGuid():n}}@example.com","password":"{{Guid.NewGuid():n}}"}"""),
        ["client secrets"] = () => Requests(
            HttpMethod.Post,
            _ => "/api/v1/auth/universal-auth/login",
            () => $$"""{"clientId":"{{Guid.NewGuid():n}}","clientSecret":"{{Guid.NewGuid():n}}"}"""),
        ["log-ins"] = () => new Logins(),
        ["a stranger's batches"] = () => new StrangersBatches(),
    };

    public static TheoryData<string> Names => [.. Floods.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Honest_client_signs_as_before_during_a_flood_of(string name)
    {
        using var enough = new CancellationTokenSource();
        var flood = Floods[name]();
        var client = server.Client();

        var flooding = flood.RunAsync(server.Target, enough.Token);
        var signing = client.SignAsync(Duration);
        await AdministratorAndProbesGetInAsync();
        await signing;
        await enough.CancelAsync();
        await flooding;

        output.WriteLine($"{name}: made {flood.Made}, repelled {flood.Repelled}; p99 {client.P99.TotalMilliseconds:f1} ms of {client.Signatures}, quiet {server.QuietP99.TotalMilliseconds:f1} ms");
        Assert.True(flood.Made > 50, $"Only {flood.Made} were made: that is no flood.");
        Assert.Empty(client.Failures);
        var most = MostTimesQuiet * server.QuietP99;
        Assert.InRange(client.P99, TimeSpan.Zero, most > Floor ? most : Floor);
    }

    private static AnonymousRequests Requests(HttpMethod method, Func<Target, string> path, Func<string>? body = null) => new(
        connections: 64,
        target => new HttpRequestMessage(method, path(target))
        {
            Content = body is null ? null : new StringContent(body(), Encoding.UTF8, "application/json"),
        });

    // On new connections, in the middle of it.
    private async Task AdministratorAndProbesGetInAsync()
    {
        await Task.Delay(Duration / 2);
        using var client = new HttpClient { BaseAddress = server.Target.Address, Timeout = Patience };
        foreach (var (path, token) in new[] { ("/healthz", null), ("/readyz", null), ("/api/v1/me", server.Administrator.Token) })
        {
            HttpStatusCode? status = null;
            for (var attempt = 1; status != HttpStatusCode.OK && attempt <= Attempts; attempt++)
            {
                status = await AskAsync(client, path, token);
            }

            Assert.Equal((path, HttpStatusCode.OK), (path, status));
        }
    }

    /// <returns>Null where the connection ended before an answer.</returns>
    private static async Task<HttpStatusCode?> AskAsync(HttpClient client, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Headers.ConnectionClose = true;
        try
        {
            using var response = await client.SendAsync(request);
            return response.StatusCode;
        }
        catch (Exception gone) when (gone is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
