using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CodeSigning.Gateway.Tests.Authorisation;
using CodeSigning.Gateway.Tests.Server;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;

namespace CodeSigning.Pages.Tests.Permissions;

/// <summary>
/// No page shows or does what its user's token may not: every page and every form, for every role, as docs/permissions.md
/// says of the call that does the same. A page or a form that is not listed here fails the tests.
/// </summary>
public sealed class PagePermissionTests : IAsyncLifetime
{
    private readonly Dictionary<string, (string Token, string Cookie)> _antiforgery = [];
    private readonly ImmutableArray<PermissionRow> _table = PermissionTable.Read();
    private readonly List<string> _wrong = [];

    private CodeSigningServer _server = null!;

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public void Every_page_is_listed() => Assert.Equal(
        _server.Pages.Where(IsComponent).Select(RouteOf).Order(StringComparer.Ordinal),
        OpenedPages.All.Select(page => page.Page).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_form_is_listed()
    {
        var ofEndpoints = _server.Pages.Where(page => !IsComponent(page) && !RouteOf(page).StartsWith("/_framework/", StringComparison.Ordinal))
            .Select(page => (RouteOf(page), page.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? page.DisplayName!));

        Assert.Equal(
            FormsInSources.Find().Concat(ofEndpoints).Order(),
            PageForms.All.Select(form => (form.Page, form.Handler)).Order());
    }

    [Fact]
    public async Task Every_page_opens_for_whom_the_table_says()
    {
        var stage = await Stage.BuildAsync(_server);
        foreach (var page in OpenedPages.All)
        {
            var row = RowOf(page.Call);
            var path = await page.FindAsync(stage);
            foreach (var (who, role, session) in Visitors(stage.Cast))
            {
                using var answer = await SendAsync(HttpMethod.Get, path, session);
                var expected = row.Answers[role] is [var first, ..] && first == '2' ? "200" : row.Answers[role] == "401" ? "302" : row.Answers[role];
                if ($"{(int)answer.StatusCode}" is var actual && actual != expected && (actual == "200" || role == Role.NoToken || stage.Cast.IsPerson(role)))
                {
                    _wrong.Add($"{page.Page} for {who}: {actual} instead of {expected}");
                }
            }
        }

        Assert.True(_wrong.Count == 0, string.Join('\n', _wrong));
    }

    [Fact]
    public async Task Every_form_acts_for_whom_the_table_says()
    {
        var stage = await Stage.BuildAsync(_server);
        foreach (var form in PageForms.All)
        {
            var refused = await form.FillAsync(stage, Role.NoToken);
            foreach (var (who, role, session) in Visitors(stage.Cast))
            {
                // What was refused is as it was, and serves for the next one.
                await PostAsync(stage, form, IsAllowed(form, role) ? await form.FillAsync(stage, role) : refused, who, role, session);
            }
        }

        Assert.True(_wrong.Count == 0, string.Join('\n', _wrong));
    }

    private async Task PostAsync(Stage stage, PageForm form, FilledForm filled, string who, Role role, string session)
    {
        var before = await stage.LastChangeAsync();
        using var answer = await SubmitAsync(filled, session);
        var hasActed = (int)answer.StatusCode < 400 && !IsLedToSignIn(answer, role);
        var isAllowed = IsAllowed(form, role);
        var hasEntry = await stage.LastChangeAsync() != before;
        if (hasEntry != (hasActed && form.LeavesEntry))
        {
            _wrong.Add($"{form.Page} {form.Handler} by {who}: there is {(hasEntry ? "an" : "no")} entry of a change.");
        }

        // Pages are for people: what a machine identity may do by the API, a page need not offer.
        var isMissed = isAllowed && !hasActed && stage.Cast.IsPerson(role);
        if (isMissed || (hasActed && !isAllowed))
        {
            _wrong.Add($"{form.Page} {form.Handler} by {who}: {(hasActed ? "acts" : "is refused")}, with {(int)answer.StatusCode}.");
        }

        if (hasActed && role != Role.NoToken && (await _server.As(session).GetAsync("/api/v1/me")).Status == 401)
        {
            await stage.Cast.ReturnAsync(role);
        }
    }

    private bool IsAllowed(PageForm form, Role role) => form.Call is not null && RowOf(form.Call).Answers[role][0] == '2';

    private static bool IsLedToSignIn(HttpResponseMessage answer, Role role) => answer.Headers.Location?.ToString() is { } place
        && place.StartsWith(role == Role.NoToken ? "/sign-in" : "/sign-in?next=", StringComparison.Ordinal);

    private static IEnumerable<(string Who, Role Role, string Session)> Visitors(Cast cast) =>
    [
        .. cast.Outsiders.Where(outsider => outsider.Client.Token is not null).Select(outsider => (outsider.Who, Role.NoToken, outsider.Client.Token!)),
        .. Enum.GetValues<Role>().Where(role => role != Role.NoToken).Select(role => (role.ToString(), role, cast[role].Token!)),
    ];

    private PermissionRow RowOf(string call) => _table.Single(row => row.Call == call);

    private async Task<HttpResponseMessage> SubmitAsync(FilledForm form, string session)
    {
        var page = form.Path is "/sign-in" or "/password-reset" ? form.Path : "/";
        var (token, cookie) = await ReadAntiforgeryAsync(page, session);
        return await SendAsync(HttpMethod.Post, form.Path, session, cookie, form.ToContent(token));
    }

    // Whoever has no session gets a token of the page that begins one.
    private async Task<(string Token, string Cookie)> ReadAntiforgeryAsync(string page, string session)
    {
        if (!_antiforgery.TryGetValue(page + session, out var found))
        {
            using var answer = await SendAsync(HttpMethod.Get, page, session);
            if (answer.Headers.Location is { } other)
            {
                return await ReadAntiforgeryAsync(other.ToString(), session);
            }

            var token = Regex.Match(await answer.Content.ReadAsStringAsync(), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
            found = (token, Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0]);
            _antiforgery[page + session] = found;
        }

        return found;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string session, string? cookie = null, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Add("Cookie", cookie is null ? $"session={session}" : $"session={session}; {cookie}");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return await _server.Http.SendAsync(request);
    }

    private static bool IsComponent(RouteEndpoint page) => page.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;

    private static string RouteOf(RouteEndpoint page) => "/" + page.RoutePattern.RawText!.Trim('/');
}
