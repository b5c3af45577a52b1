using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodeSigning.Cluster.Tests;

/// <summary>The HTTP API of one node, as somebody who has signed in.</summary>
internal sealed class Api(Uri address, string? token = null) : IDisposable
{
    private const int Attempts = 60;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token) },
    };

    public string? Token { get; } = token;

    public static async Task<Api> SignInAsync(Uri address, string email, string password)
    {
        using var anyone = new Api(address);
        var login = await anyone.PostAsync("/api/v1/auth/login", new { email, password });
        return new Api(address, Text(login, "accessToken"));
    }

    public static async Task<Api> SignInAsync(Uri address, MachineIdentity identity)
    {
        using var anyone = new Api(address);
        var login = await anyone.PostUntilAnsweredAsync(
            "/api/v1/auth/universal-auth/login", new { clientId = identity.ClientId, clientSecret = identity.ClientSecret });
        return new Api(address, Text(login, "accessToken"));
    }

    /// <summary>The same caller at another node.</summary>
    public Api At(Uri other) => new(other, Token);

    public Task<JsonObject> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>
    /// Posts again under the same idempotency key where the answer was lost or the node or the balancer could not do it, since
    /// a node that others have declared dead may still say that it is ready.
    /// </summary>
    public async Task<JsonObject> PostUntilAnsweredAsync(string path, object body)
    {
        var key = Guid.NewGuid().ToString();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
                request.Headers.Add("Idempotency-Key", key);
                using var response = await _client.SendAsync(request);
                if (attempt == Attempts || response.StatusCode is not (
                    HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout))
                {
                    await RequireSuccessAsync(response, path);
                    return await ReadAsync(response);
                }
            }
            catch (HttpRequestException) when (attempt < Attempts)
            {
                // The node went away.
            }

            await Task.Delay(Pause);
        }
    }

    public Task<JsonObject> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    public Task<JsonObject> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    /// <summary>Asks again as long as it cannot be done at the moment, as the answer says to do.</summary>
    public async Task PatchUntilTakenAsync(string path, object body)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var response = await _client.PatchAsJsonAsync(path, body);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable || attempt == Attempts)
            {
                await RequireSuccessAsync(response, path);
                return;
            }

            await Task.Delay(Pause);
        }
    }

    public Task<JsonObject> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public async Task DeleteAsync(string path)
    {
        using var response = await _client.DeleteAsync(path);
        await RequireSuccessAsync(response, path);
    }

    public async Task<string> GetTextAsync(string path)
    {
        using var response = await _client.GetAsync(path);
        await RequireSuccessAsync(response, path);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Asks for a signature over a digest; what comes back is for the caller to judge.</summary>
    public Task<(HttpStatusCode Status, JsonObject Body)> SignAsync(string signer, byte[] digest, string algorithm) => TryPostAsync(
        $"/api/v1/pki/signers/{signer}/sign",
        new { data = Convert.ToBase64String(digest), signingAlgorithm = algorithm, isDigest = true });

    /// <summary>Posts; what comes back is for the caller to judge.</summary>
    public async Task<(HttpStatusCode Status, JsonObject Body)> TryPostAsync(string path, object body)
    {
        using var response = await _client.PostAsJsonAsync(path, body);
        return (response.StatusCode, await ReadAsync(response));
    }

    /// <summary>
    /// Asks until it is done, as a client that retries does: what cannot be done at the moment is answered 503 and says when
    /// to ask again, and nothing else is answered. What a lost home did before its answer could leave is done all the same:
    /// the next try may be told <paramref name="doneBefore"/>.
    /// </summary>
    public async Task UntilDoneAsync(HttpMethod method, string path, object body, TimeSpan atMost, string? doneBefore = null)
    {
        var began = Stopwatch.GetTimestamp();
        for (var isFirst = true; ; isFirst = false)
        {
            using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
            using var response = await _client.SendAsync(request);
            var elapsed = Stopwatch.GetElapsedTime(began);
            if (response.IsSuccessStatusCode || (!isFirst && doneBefore is not null && await CodeOfAsync(response) == doneBefore))
            {
                Assert.True(elapsed < atMost, $"{path} was done after {elapsed} only.");
                return;
            }

            var answer = $"{path} was answered {(int)response.StatusCode} after {elapsed}: {await response.Content.ReadAsStringAsync()}";
            Assert.True(response.StatusCode == HttpStatusCode.ServiceUnavailable && elapsed < atMost, answer);
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? throw new InvalidOperationException($"No Retry-After: {answer}"));
        }
    }

    public void Dispose() => _client.Dispose();

    public static string Text(JsonObject json, string member) =>
        json[member]?.GetValue<string>() ?? throw new InvalidOperationException($"There is no {member} in {json.ToJsonString()}.");

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _client.SendAsync(request);
        await RequireSuccessAsync(response, path);
        return await ReadAsync(response);
    }

    private static async Task<string> CodeOfAsync(HttpResponseMessage response) => Text(await ReadAsync(response), "code");

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return text.Length == 0 ? [] : JsonNode.Parse(text) as JsonObject ?? throw new JsonException(text);
    }

    private static async Task RequireSuccessAsync(HttpResponseMessage response, string path)
    {
        if (!response.IsSuccessStatusCode)
        {
            Assert.Fail($"{path} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
    }
}
