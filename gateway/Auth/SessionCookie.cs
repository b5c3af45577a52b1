using System.Net;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Auth;

/// <summary>
/// The session's token in a cookie (RFC 6265), for pages in a browser: no script can read it. A browser sends it unasked, so
/// a request by cookie must also show that a page of this server made it. A request with an <c>Authorization</c> header is
/// authenticated by that alone.
/// </summary>
internal static class SessionCookie
{
    /// <summary>The header that pages send: no form can, and no script of another site without this server's leave.</summary>
    public const string Header = "X-CodeSigning-Request";

    /// <summary>The cookie's name over TLS: browsers take one with this prefix from this host alone.</summary>
    public const string Name = "__Host-session";

    private const string NameOnLoopback = "session";
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>Whether the request is to be authenticated by its cookie.</summary>
    public static bool IsUsedBy(HttpRequest request) => Find(request) is not null;

    /// <summary>The token of the request's cookie; null where there is none, or another way to authenticate.</summary>
    public static string? Find(HttpRequest request) =>
        request.Headers.Authorization.Count > 0 ? null
        : request.HttpContext.Features.Get<RenewedToken>() is { } renewed ? renewed.Token
        : request.Cookies.TryGetValue(NameFor(request), out var token) ? token : null;

    /// <summary>Sets the cookie. For the rest of the request it takes the place of the one that came with it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="token">The session's token.</param>
    /// <param name="life">How long the session lasts.</param>
    public static void Set(HttpContext context, string token, TimeSpan life)
    {
        context.Response.Cookies.Append(NameFor(context.Request), token, Options(context.Request, life));
        context.Features.Set(new RenewedToken(token));
    }

    /// <summary>Removes the cookie.</summary>
    public static void Remove(HttpContext context) =>
        context.Response.Cookies.Append(NameFor(context.Request), "", Options(context.Request, TimeSpan.Zero));

    /// <summary>Refuses to begin a session by cookie where others could read it on its way.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void RequirePrivateConnection(HttpContext context)
    {
        if (!context.Request.IsHttps && context.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "A session by cookie needs TLS: use https, and have a trusted proxy send X-Forwarded-Proto.");
        }
    }

    /// <summary>
    /// Refuses a request that a page of another site may have made. A page itself may be opened from anywhere, such as from
    /// a mail: that changes nothing.
    /// </summary>
    /// <exception cref="RefusedException"><c>Forbidden</c>.</exception>
    public static void RequireOwnPage(HttpRequest request)
    {
        var isPage = PageEndpoint.IsOf(request.HttpContext);
        if (isPage && IsSafe(request))
        {
            return;
        }

        if (!IsFromOwnPage(request))
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "A request by cookie must come from a page of this server: send a token as 'Authorization: Bearer' otherwise.");
        }

        if (!isPage && !IsSafe(request) && request.Headers[Header].Count != 1)
        {
            throw new RefusedException(ErrorCode.Forbidden, $"The header {Header} is missing: a change by cookie must have it.");
        }
    }

    // Browsers that do not send Sec-Fetch-Site send an Origin with everything but plain reads.
    private static bool IsFromOwnPage(HttpRequest request)
    {
        var site = request.Headers[FetchSite];
        var origin = request.Headers.Origin;
        return (site.Count, origin.Count) switch
        {
            (1, _) => site[0] == "same-origin" || (site[0] == "none" && IsSafe(request)),
            (0, 1) => string.Equals(origin[0], $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase),
            (0, 0) => IsSafe(request),
            _ => false,
        };
    }

    private static bool IsSafe(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static string NameFor(HttpRequest request) => request.IsHttps ? Name : NameOnLoopback;

    private static CookieOptions Options(HttpRequest request, TimeSpan life) => new()
    {
        HttpOnly = true,
        Secure = request.IsHttps,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = life,
    };

    /// <summary>A token that the request's session got meanwhile.</summary>
    private sealed record RenewedToken(string Token)
    {
        /// <summary>Without the token, so that no log can show it.</summary>
        public override string ToString() => nameof(RenewedToken);
    }
}

/// <summary>
/// Marks the endpoints of pages, which authenticate by cookie alone. Their forms cannot send <see
/// cref="SessionCookie.Header"/>; the framework's antiforgery token stands in its place.
/// </summary>
internal sealed class PageEndpoint
{
    /// <summary>The mark.</summary>
    public static PageEndpoint Mark { get; } = new();

    /// <summary>Whether a request is one of a page.</summary>
    public static bool IsOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null;
}
