using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace CodeSigning.Gateway.Tests.Server;

/// <summary>Asks the server as somebody, as a page of the server would.</summary>
/// <param name="http">Where to.</param>
/// <param name="token">The session's token; null for nobody.</param>
/// <param name="isByCookie">Whether the token goes in a cookie.</param>
public sealed class ApiClient(HttpClient http, string? token, bool isByCookie = false)
{
    private const int LongBody = 100_000;

    public string? Token => token;

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<ApiAnswer> PostAsync(string path, object? body = null, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, path, Json(body), idempotencyKey);

    public Task<ApiAnswer> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, Json(body));

    public Task<ApiAnswer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, Json(body));

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>Sends a text as it is.</summary>
    public Task<ApiAnswer> SendTextAsync(HttpMethod method, string path, string text, string contentType = "application/json") =>
        SendAsync(method, path, new StringContent(text, Encoding.UTF8, contentType));

    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Add("X-CodeSigning-Request", "1");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (isByCookie)
        {
            request.Headers.Add("Cookie", $"session={token}");
        }
        else if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        // The server may refuse a long body unread; who sends it all the same loses the answer with the connection.
        request.Headers.ExpectContinue = content?.Headers.ContentLength > LongBody;
        using var response = await http.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }

    /// <summary>Makes a person, as an administrator, who takes the invitation and chooses this password.</summary>
    /// <returns>The person's id.</returns>
    public async Task<string> CreatePersonAsync(string email, string name, string password, string productRole = "member")
    {
        var created = (await PostAsync("/api/v1/users", new { email, name, productRole })).Succeeded();
        var link = created.Json.GetProperty("invitation").GetProperty("link").GetString()!;
        (await PostAsync("/api/v1/auth/password-reset", new { token = link.Split('#')[1], password })).Succeeded();
        return created.Text("id");
    }

    /// <summary>Signs a person in.</summary>
    public async Task<string> LogInAsync(string email, string password) =>
        (await PostAsync("/api/v1/auth/login", new { email, password })).Succeeded().Text("accessToken");

    /// <summary>Signs a machine identity in.</summary>
    public async Task<string> LogInWithSecretAsync(string clientId, string clientSecret) =>
        (await PostAsync("/api/v1/auth/universal-auth/login", new { clientId, clientSecret })).Succeeded().Text("accessToken");

    private static JsonContent? Json(object? body) => body is null ? null : JsonContent.Create(body);
}
