namespace CodeSigning.Gateway.Pages.Layout;

/// <summary>The headers of pages, in place of those that allow nothing at all.</summary>
internal static class PageHeaders
{
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

    /// <summary>
    /// Sets them. The referrer stays on this server; without one, a browser's forms would not say where they come from.
    /// </summary>
    public static void Set(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Referrer-Policy"] = "same-origin";
        // What the antiforgery service would set; over anything else it logs a warning at each form.
        context.Response.Headers.CacheControl = "no-cache, no-store";
    }
}
