using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>
/// Clients that retry, as the documentation says to: what cannot be done at the moment, or got no answer, is asked again with
/// the same idempotency key, until it is signed or denied.
/// </summary>
internal sealed class RetryingClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _client;

    public RetryingClient(Uri address, string token) => _client = new HttpClient(
        new SocketsHttpHandler { MaxConnectionsPerServer = 256, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20) })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    /// <summary>Attempts that were made again.</summary>
    public int Retries { get; private set; }

    /// <summary>Signs a digest.</summary>
    /// <param name="signer">The signer's name or id.</param>
    /// <param name="tally">Takes what came of it.</param>
    /// <returns>Whether it was signed; otherwise the grant is used up.</returns>
    public async Task<bool> SignAsync(string signer, Tally tally)
    {
        var key = Guid.NewGuid().ToString();
        var body = new
        {
            data = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            signingAlgorithm = "ECDSA_SHA256",
            isDigest = true,
        };
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var (status, answer) = await TryAsync($"/api/v1/pki/signers/{signer}/sign", key, body);
            if (status == HttpStatusCode.OK)
            {
                tally.Add(Api.Text(answer!, "operationId"), Stopwatch.GetElapsedTime(began));
                return true;
            }

            if (status == HttpStatusCode.Forbidden && Api.Text(answer!, "code") == "GrantExhausted")
            {
                tally.AddDenial(Stopwatch.GetElapsedTime(began));
                return false;
            }

            Assert.True(
                status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout
                    or HttpStatusCode.TooManyRequests,
                $"{(int?)status} is nothing that a retry mends: {answer?.ToJsonString()}");
            Retries++;
            await Task.Delay(Pause);
        }
    }

    /// <summary>Has clients sign, one signature after the other with a pause between, until each is denied since the grant is used up.</summary>
    public Task UseUpAsync(string signer, Tally tally, int clients, TimeSpan pause) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (await SignAsync(signer, tally))
            {
                await Task.Delay(pause);
            }
        })));

    public void Dispose() => _client.Dispose();

    private async Task<(HttpStatusCode? Status, JsonObject? Answer)> TryAsync(string path, string key, object body)
    {
        using CancellationTokenSource patience = new(Patience);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await _client.SendAsync(request, patience.Token);
            var text = await response.Content.ReadAsStringAsync(patience.Token);
            return (response.StatusCode, IsJson(response) ? (JsonObject?)JsonNode.Parse(text) : null);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or JsonException
            || (lost is OperationCanceledException && patience.IsCancellationRequested))
        {
            return (null, null); // The answer was lost on its way, or is not waited for any more.
        }
    }

    // The balancer's own answers are HTML.
    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) is true;
}

/// <summary>What clients got.</summary>
internal sealed class Tally
{
    private readonly ConcurrentQueue<string> _operations = new();
    private readonly Lock _gate = new();

    /// <summary>The operations of the signatures that clients hold.</summary>
    public IReadOnlyCollection<string> Operations => _operations;

    /// <summary>The longest that a client waited for a signature or a denial, retries included.</summary>
    public TimeSpan Slowest { get; private set; }

    public void Add(string operation, TimeSpan took)
    {
        _operations.Enqueue(operation);
        AddDenial(took);
    }

    public void AddDenial(TimeSpan took)
    {
        lock (_gate)
        {
            Slowest = took > Slowest ? took : Slowest;
        }
    }

    /// <summary>The longest wait since the last time that this was asked.</summary>
    public TimeSpan TakeSlowest()
    {
        lock (_gate)
        {
            var slowest = Slowest;
            Slowest = TimeSpan.Zero;
            return slowest;
        }
    }
}
