using System.Net;
using System.Text.RegularExpressions;

namespace CodeSigning.Pages.Tests.Browser;

/// <summary>A browser without script, before a balancer that sends each request to the next node.</summary>
internal sealed partial class RoundRobin : IDisposable
{
    private static readonly Uri Address = new("http://127.0.0.1");

    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;
    private readonly Uri[] _nodes;
    private int _requests;

    public RoundRobin(params Uri[] nodes)
    {
        _nodes = nodes;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    }

    /// <summary>Opens a page; follows where it leads.</summary>
    public async Task<string> OpenAsync(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null);
        return await ArriveAsync(answer);
    }

    /// <summary>Opens a page, and sends its form to the other node; follows where it leads.</summary>
    public async Task<string> PostAsync(string path, string form, params (string Name, string Value)[] fields) =>
        await PostAsync(path, await OpenAsync(path), form, fields);

    /// <summary>Sends the form of a page that was opened.</summary>
    public async Task<string> PostAsync(string path, string html, string form, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(
        [
            new("_handler", form), new("__RequestVerificationToken", Token().Match(html).Groups[1].Value),
            .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)),
        ]);
        using var answer = await SendAsync(HttpMethod.Post, path, content);
        return await ArriveAsync(answer);
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> ArriveAsync(HttpResponseMessage answer)
    {
        if (answer.StatusCode == HttpStatusCode.Found)
        {
            return await OpenAsync(answer.Headers.Location!.ToString());
        }

        var html = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage!.RequestUri} answered {(int)answer.StatusCode}: {html}");
        return html;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        var node = _nodes[_requests++ % _nodes.Length];
        using var request = new HttpRequestMessage(method, new Uri(node, path)) { Content = content };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (_cookies.GetCookieHeader(Address) is { Length: > 0 } cookies)
        {
            request.Headers.Add("Cookie", cookies);
        }

        var answer = await _http.SendAsync(request);
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            _cookies.SetCookies(Address, cookie);
        }

        return answer;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
