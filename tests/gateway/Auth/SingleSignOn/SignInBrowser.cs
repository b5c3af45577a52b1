using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>A browser with cookies, that follows no redirect of its own accord.</summary>
internal sealed partial class SignInBrowser : IDisposable
{
    private const string Begin = "/api/v1/auth/sso";
    private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false, UseCookies = true };
    private readonly HttpClient _http;

    public SignInBrowser(Uri server, CookieContainer? cookies = null)
    {
        _handler.CookieContainer = cookies ?? _handler.CookieContainer;
        _http = new HttpClient(_handler) { BaseAddress = server };
    }

    public CookieContainer Cookies => _handler.CookieContainer;

    /// <summary>Begins a sign-in; gives where it leads.</summary>
    public async Task<Uri> BeginAsync(string query = "")
    {
        using var answer = await _http.GetAsync(Begin + query);
        Assert.True(answer.StatusCode == HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!;
    }

    public async Task<int> StatusOfBeginAsync(string query)
    {
        using var answer = await _http.GetAsync(Begin + query);
        return (int)answer.StatusCode;
    }

    /// <summary>Comes back from the provider.</summary>
    public Task<SignInAnswer> ReturnAsync(CallbackQuery callback) => ReadAsync(_http.GetAsync(callback.PathAndQuery));

    public Task<SignInAnswer> PostAsync(CallbackQuery callback) => ReadAsync(_http.PostAsync(
        callback.Address.AbsolutePath, new FormUrlEncodedContent(callback.Parameters.Select(each => KeyValuePair.Create(each.Name, each.Value)))));

    /// <summary>Signs a person in.</summary>
    public async Task<SignInAnswer> SignInAsync(LocalProvider provider, string subject, Spoiling? spoiling = null, string query = "") =>
        await ReturnAsync(provider.Authorize(await BeginAsync(query), subject, spoiling));

    public async Task<JsonNode> MeAsync(int status = 200) => await _http.GetAsync("/me", status);

    /// <summary>Makes a change as a page does.</summary>
    public Task<JsonNode> PostAsync(string path, object body, int status = 200) => SendAsync(HttpMethod.Post, path, JsonContent.Create(body), status);

    public Task<JsonNode> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null, 204);

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, HttpContent? body, int status)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path) { Content = body };
        request.Headers.Add("X-CodeSigning-Request", "1");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var answer = await _http.SendAsync(request);
        return await answer.ReadAsync(status);
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private static async Task<SignInAnswer> ReadAsync(Task<HttpResponseMessage> asking)
    {
        using var answer = await asking;
        var text = await answer.Content.ReadAsStringAsync();
        return new SignInAnswer((int)answer.StatusCode, Code().Match(text).Groups[1].Value, text);
    }

    [GeneratedRegex("<code>(\\w+)</code>")]
    private static partial Regex Code();
}

/// <summary>The page at the end of a sign-in.</summary>
internal sealed record SignInAnswer(int Status, string Fault, string Text);
