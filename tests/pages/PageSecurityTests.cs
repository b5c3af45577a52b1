using System.Text.RegularExpressions;
using CodeSigning.Gateway.Auth;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace CodeSigning.Pages.Tests;

/// <summary>What pages and their forms refuse, as a hostile client or another site would ask.</summary>
[Collection(PagesFixture.Collection)]
public sealed class PageSecurityTests(PagesFixture pages)
{
    private static readonly string[] WithoutSession = ["password-reset", "sign-in"];

    [Fact]
    public void Only_pages_that_begin_a_session_need_none() => Assert.Equal(
        WithoutSession,
        pages.Server.Pages.Where(page => page.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            .Select(page => page.RoutePattern.RawText!.Trim('/')).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Every_other_page_leads_nobody_to_sign_in()
    {
        foreach (var page in pages.Server.Pages.Where(page => page.Metadata.GetMetadata<IAllowAnonymous>() is null))
        {
            var method = page.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
            using var answer = await SendAsync(method, PathOf(page), null, "Sec-Fetch-Site: same-origin");
            Assert.Equal(302, (int)answer.StatusCode);
            Assert.StartsWith("/sign-in", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/sign-in", false)]
    [InlineData("/password-reset", false)]
    [InlineData("/", true)]
    [InlineData("/account", true)]
    [InlineData("/requests/nothing", true)]
    public async Task Pages_allow_no_framing_inline_script_or_other_host(string path, bool isSignedIn)
    {
        using var answer = await SendAsync("GET", path, isSignedIn ? pages.Scene.Dora.Token : null);

        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'",
            Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var html = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotMatch("<style|style=| on[a-z]+=|<script>", html);
        Assert.DoesNotMatch("(src|href|action)=\"(?!/|#)", html);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site", true, 403)]
    [InlineData("Sec-Fetch-Site: same-site", true, 403)]
    [InlineData("Origin: https://evil.example", true, 403)]
    [InlineData("Sec-Fetch-Site: same-origin", false, 400)]
    [InlineData("Sec-Fetch-Site: same-origin", true, 302)]
    public async Task Form_counts_from_a_page_of_this_server_alone(string header, bool hasToken, int status)
    {
        var person = await pages.Scene.NewPersonAsync("Kim Target");
        var (token, cookie) = await OpenFormAsync(person.Token);
        using var answer = await SendAsync(
            "POST", "/sign-out", person.Token, hasToken ? [header, cookie] : [header], hasToken ? new() { ["__RequestVerificationToken"] = token } : new() { ["a"] = "b" });

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 302 ? 401 : 200, (await pages.Server.As(person.Token).GetAsync("/api/v1/me")).Status);
    }

    [Fact]
    public async Task Form_of_another_person_does_not_count()
    {
        var person = await pages.Scene.NewPersonAsync("Lea Target");
        var (token, cookie) = await OpenFormAsync(pages.Scene.Dora.Token);
        using var answer = await SendAsync(
            "POST", "/sign-out", person.Token, ["Sec-Fetch-Site: same-origin", cookie], new() { ["__RequestVerificationToken"] = token });

        Assert.Equal(400, (int)answer.StatusCode);
        (await pages.Server.As(person.Token).GetAsync("/api/v1/me")).Succeeded();
    }

    [Fact]
    public async Task Page_is_opened_by_a_link_from_anywhere()
    {
        using var answer = await SendAsync("GET", "/requests", pages.Scene.Dora.Token, "Sec-Fetch-Site: cross-site");
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Token_in_a_header_opens_no_page()
    {
        using var answer = await SendAsync("GET", "/requests", null, $"Authorization: Bearer {pages.Scene.Dora.Token}");
        Assert.Equal((302, "/sign-in?next=%2Frequests"), ((int)answer.StatusCode, answer.Headers.Location!.ToString()));
    }

    [Fact]
    public async Task Sign_in_never_takes_over_a_session_that_was_there()
    {
        await using var visitor = await pages.VisitAsync("cs_chosen_by_another");
        await visitor.OpenAsync("/sign-in");
        await visitor.FillAsync("Email address", pages.Scene.Dora.Email);
        await visitor.FillAsync("Password", Scene.Password);
        await visitor.PressAsync("Sign in");
        await visitor.SeesAsync("Nothing waits for you");

        var cookie = Assert.Single(await visitor.Page.Context.CookiesAsync(), cookie => cookie.Name == "session");
        Assert.True(cookie.HttpOnly);
        Assert.NotEqual("cs_chosen_by_another", cookie.Value);
        (await pages.Server.As("cs_chosen_by_another").GetAsync("/api/v1/me")).Refused(401, "Unauthenticated");
    }

    [Theory]
    [InlineData("/requests/req_1?a=b", "/requests/req_1?a=b")]
    [InlineData("https://evil.example", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("requests", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public void Ways_back_stay_on_this_server(string? next, string way) => Assert.Equal(way, LocalPath.OrHome(next));

    [Fact]
    public async Task Sign_in_page_leads_to_no_other_server()
    {
        await using var visitor = await pages.VisitAsync();
        await visitor.OpenAsync("/sign-in?next=https%3A%2F%2Fevil.example");
        await visitor.FillAsync("Email address", pages.Scene.Dora.Email);
        await visitor.FillAsync("Password", Scene.Password);
        await visitor.PressAsync("Sign in");

        await visitor.IsAtAsync("/");
    }

    [Fact]
    public async Task Files_are_kept_under_the_hash_of_their_contents()
    {
        using var page = await SendAsync("GET", "/sign-in", null);
        var path = Regex.Match(await page.Content.ReadAsStringAsync(), "/assets/app\\.[0-9a-f]{16}\\.css").Value;
        using var sheet = await SendAsync("GET", path, null, "Accept-Encoding: br");

        Assert.Equal(200, (int)sheet.StatusCode);
        Assert.Contains("immutable", sheet.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal("br", Assert.Single(sheet.Content.Headers.ContentEncoding));
    }

    /// <summary>Opens a page; gives the token of its forms and the cookie that belongs to it.</summary>
    private async Task<(string Token, string Cookie)> OpenFormAsync(string session)
    {
        using var page = await SendAsync("GET", "/account", session);
        var token = Regex.Match(await page.Content.ReadAsStringAsync(), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        return (token, "Cookie: " + Assert.Single(page.Headers.GetValues("Set-Cookie")).Split(';')[0]);
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path, string? session, params string[] headers) =>
        SendAsync(method, path, session, headers, null);

    private async Task<HttpResponseMessage> SendAsync(
        string method, string path, string? session, string[] headers, Dictionary<string, string>? form)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = form is null ? null : new FormUrlEncodedContent(form) };
        var cookies = headers.Where(header => header.StartsWith("Cookie: ", StringComparison.Ordinal)).Select(header => header["Cookie: ".Length..])
            .Concat(session is null ? [] : [$"session={session}"]).ToArray();
        if (cookies.Length > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", cookies));
        }

        foreach (var header in headers.Where(header => !header.StartsWith("Cookie: ", StringComparison.Ordinal)))
        {
            var parts = header.Split(": ", 2);
            request.Headers.TryAddWithoutValidation(parts[0], parts[1]);
        }

        return await pages.Server.Http.SendAsync(request);
    }

    private static string PathOf(RouteEndpoint page) =>
        "/" + string.Join('/', page.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));
}
