using System.Net.Http.Json;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>Sessions by cookie, as a browser keeps them.</summary>
[Collection(SharedServer.Collection)]
public sealed class SessionCookieTests(SharedServer shared)
{
    private const string Password = "a password of ann's";
    private const string SignIn = "/api/v1/auth/session";
    private static readonly (string, string)[] OwnPage = [("X-CodeSigning-Request", "1"), ("Sec-Fetch-Site", "same-origin")];

    public static TheoryData<string, string[], bool> Pages => new()
    {
        { "POST", ["X-CodeSigning-Request: 1", "Sec-Fetch-Site: same-origin"], true },
        { "POST", ["X-CodeSigning-Request: 1", "Origin: {origin}"], true },
        { "POST", ["Sec-Fetch-Site: same-origin"], false },
        { "POST", ["X-CodeSigning-Request: 1"], false },
        { "POST", ["X-CodeSigning-Request: 1", "Sec-Fetch-Site: same-site"], false },
        { "POST", ["X-CodeSigning-Request: 1", "Sec-Fetch-Site: cross-site"], false },
        { "POST", ["X-CodeSigning-Request: 1", "Sec-Fetch-Site: none"], false },
        { "POST", ["X-CodeSigning-Request: 1", "Sec-Fetch-Site: cross-site", "Origin: {origin}"], false },
        { "POST", ["X-CodeSigning-Request: 1", "Origin: https://evil.example"], false },
        { "POST", ["X-CodeSigning-Request: 1", "Origin: null"], false },
        { "GET", [], true },
        { "GET", ["Sec-Fetch-Site: none"], true },
        { "GET", ["Sec-Fetch-Site: same-origin"], true },
        { "GET", ["Sec-Fetch-Site: same-site"], false },
        { "GET", ["Sec-Fetch-Site: cross-site"], false },
        { "GET", ["Origin: https://evil.example"], false },
    };

    [Fact]
    public async Task Cookie_is_for_this_host_and_no_script()
    {
        var ann = await NewPersonAsync();
        using var answer = await SendAsync(HttpMethod.Post, SignIn, null, new { email = ann, password = Password }, OwnPage);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.DoesNotContain("cs_", body, StringComparison.Ordinal);
        var attributes = Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split("; ");
        Assert.StartsWith("session=cs_", attributes[0], StringComparison.Ordinal);
        Assert.Equal(["httponly", "max-age=43200", "path=/", "samesite=lax"], attributes.Skip(1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Cookie_counts_from_a_page_of_this_server_alone(string method, string[] headers, bool counts)
    {
        var cookie = await SignInAsync(await NewPersonAsync());
        var origin = shared.Server.Address.GetLeftPart(UriPartial.Authority);
        var sent = headers.Select(header => header.Replace("{origin}", origin, StringComparison.Ordinal).Split(": ")).Select(parts => (parts[0], parts[1]));
        var path = method == "GET" ? "/api/v1/me" : "/api/v1/auth/logout";
        using var answer = await SendAsync(new HttpMethod(method), path, cookie, null, [.. sent]);
        Assert.Equal(counts ? (method == "GET" ? 200 : 204) : 403, (int)answer.StatusCode);
        using var after = await SendAsync(HttpMethod.Get, "/api/v1/me", cookie, null, OwnPage);
        Assert.Equal(counts && method == "POST" ? 401 : 200, (int)after.StatusCode);
    }

    [Fact]
    public async Task Page_of_another_site_signs_nobody_in()
    {
        var ann = await NewPersonAsync();
        using var answer = await SendAsync(
            HttpMethod.Post, SignIn, null, new { email = ann, password = Password }, ("X-CodeSigning-Request", "1"), ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Token_in_the_header_goes_before_a_cookie()
    {
        var cookie = await SignInAsync(await NewPersonAsync());
        using var answer = await SendAsync(HttpMethod.Get, "/api/v1/me", cookie, null, ("Authorization", "Bearer cs_none"));
        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Name_of_the_cookie_over_TLS_is_not_taken_without()
    {
        var cookie = await SignInAsync(await NewPersonAsync());
        using var answer = await SendAsync(HttpMethod.Get, "/api/v1/me", "__Host-" + cookie, null, OwnPage);
        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Logout_removes_the_cookie_and_ends_the_session()
    {
        var cookie = await SignInAsync(await NewPersonAsync());
        using var answer = await SendAsync(HttpMethod.Post, "/api/v1/auth/logout", cookie, null, OwnPage);
        Assert.StartsWith("session=; max-age=0", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
        using var after = await SendAsync(HttpMethod.Get, "/api/v1/me", cookie, null, OwnPage);
        Assert.Equal(401, (int)after.StatusCode);
    }

    [Fact]
    public async Task Step_up_changes_the_cookie_and_ends_the_old_one()
    {
        var cookie = await SignInAsync(await NewPersonAsync());
        var client = new ApiClient(shared.Server.Http, cookie["session=".Length..], isByCookie: true);
        var begun = (await client.PostAsync("/api/v1/me/factors/totp", new { currentPassword = Password })).Succeeded();
        var app = new Authenticator(begun.Text("secret"), TimeProvider.System);
        var codes = (await client.PostAsync("/api/v1/me/factors/totp/confirm", new { code = app.Code })).Succeeded().Json.GetProperty("recoveryCodes");

        using var answer = await SendAsync(HttpMethod.Post, "/api/v1/auth/step-up", cookie, new { code = codes[0].GetString() }, OwnPage);
        Assert.Equal(200, (int)answer.StatusCode);
        var next = Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
        Assert.NotEqual(cookie, next);
        using var old = await SendAsync(HttpMethod.Get, "/api/v1/me", cookie, null, OwnPage);
        Assert.Equal(401, (int)old.StatusCode);
        using var renewed = await SendAsync(HttpMethod.Get, "/api/v1/me", next, null, OwnPage);
        Assert.Equal(200, (int)renewed.StatusCode);
    }

    private async Task<string> NewPersonAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        await (await shared.Server.AsAdministratorAsync()).CreatePersonAsync(email, "Ann", Password);
        return email;
    }

    /// <summary>Signs in; gives what a browser sends back.</summary>
    private async Task<string> SignInAsync(string email)
    {
        using var answer = await SendAsync(HttpMethod.Post, SignIn, null, new { email, password = Password }, OwnPage);
        return Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? cookie, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await shared.Server.Http.SendAsync(request);
    }
}
