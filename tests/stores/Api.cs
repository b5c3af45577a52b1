using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace CodeSigning.Stores.Tests;

/// <summary>The server's API, as somebody.</summary>
internal sealed class Api(Uri address, string? token = null) : IDisposable
{
    private readonly HttpClient _client = new()
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token) },
    };

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body ?? new { });

    public Task<Answer> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    /// <summary>Asks for a signature over a digest.</summary>
    public Task<Answer> SignAsync(string signer, byte[] digest, string algorithm = "ECDSA_SHA256") => PostAsync(
        $"/api/v1/pki/signers/{signer}/sign",
        new { data = Convert.ToBase64String(digest), signingAlgorithm = algorithm, isDigest = true });

    public Task<Answer> ApproveAsync(string request) => PostAsync($"/api/v1/pki/approval-requests/{request}/approve");

    public void Dispose() => _client.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _client.SendAsync(request);
        return new Answer($"{method} {path}", (int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
