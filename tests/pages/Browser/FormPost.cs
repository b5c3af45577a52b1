using System.Text.RegularExpressions;

namespace CodeSigning.Pages.Tests.Browser;

/// <summary>Posts a form whether its page shows it or not, as somebody who writes the request by hand.</summary>
internal static class FormPost
{
    /// <summary>Posts it with the antiforgery token of the same session; gives the status.</summary>
    /// <param name="http">The client.</param>
    /// <param name="session">The session's token.</param>
    /// <param name="path">The page.</param>
    /// <param name="form">The form's name.</param>
    /// <param name="fields">Its fields.</param>
    public static async Task<int> SendAsync(HttpClient http, string session, string path, string form, params (string Name, string Value)[] fields)
    {
        var (token, cookie) = await ReadTokenAsync(http, session);
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(
            [
                new("_handler", form), new("__RequestVerificationToken", token),
                .. fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value)),
            ]),
        };
        request.Headers.Add("Cookie", $"session={session}; {cookie}");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var answer = await http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    /// <summary>Opens a page; gives the status.</summary>
    public static async Task<int> OpenAsync(HttpClient http, string session, string path)
    {
        using var answer = await GetAsync(http, session, path);
        return (int)answer.StatusCode;
    }

    private static async Task<(string Token, string Cookie)> ReadTokenAsync(HttpClient http, string session)
    {
        using var page = await GetAsync(http, session, "/account");
        var html = await page.Content.ReadAsStringAsync();
        var token = Regex.Match(html, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        return (token, Assert.Single(page.Headers.GetValues("Set-Cookie")).Split(';')[0]);
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string session, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", $"session={session}");
        return await http.SendAsync(request);
    }
}
