using System.Text.Encodings.Web;
using System.Text.Json;
using CodeSigning.Gateway.Pages.Assets;
using CodeSigning.Gateway.Problems;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>The two pages at the end of a sign-in at the identity provider. They look as the others do, and have no script.</summary>
internal static class SignInPage
{
    private const string OwnStyle = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>
    /// Leads on to a page of this server. It is a page and no redirect: a browser tells a redirect from the provider's site
    /// as a request of that site, and those count for nothing by cookie.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="next">The path to go on to.</param>
    public static Task LeadOnAsync(HttpContext context, string next)
    {
        var path = HtmlEncoder.Default.Encode(next);
        return WriteAsync(context, StatusCodes.Status200OK, "Signed in", $"""<meta http-equiv="refresh" content="0; url={path}">""", $"""
            <h1>Signed in</h1>
            <p><a class="button" href="{path}">Go on</a></p>
            """);
    }

    /// <summary>Says why a sign-in failed.</summary>
    public static Task RefuseAsync(HttpContext context, SignInRefusedException refused)
    {
        var word = JsonNamingPolicy.CamelCase.ConvertName(refused.Fault.ToString());
        return WriteAsync(context, ErrorCodeTable.StatusOf(SignInFaults.CodeOf(refused.Fault)), "Not signed in", "", $"""
            <h1>Not signed in</h1>
            <p>{HtmlEncoder.Default.Encode(refused.Message)}</p>
            <p>Error code: <code>{word}</code></p>
            <p><a class="button button-primary" href="{SingleSignOnPaths.Begin}">Sign in again</a></p>
            """);
    }

    private static Task WriteAsync(HttpContext context, int status, string title, string head, string body)
    {
        var assets = context.RequestServices.GetRequiredService<PageAssets>();
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = OwnStyle;
        return context.Response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <link rel="icon" type="image/svg+xml" href="{assets["icon.svg"]}">
            <link rel="stylesheet" href="{assets["app.css"]}">
            {head}
            <title>{title} · Code signing</title>
            </head>
            <body>
            <main class="entrance">
            <p class="brand">Code signing</p>
            <section class="card">
            {body}
            </section>
            </main>
            </body>
            </html>
            """,
            context.RequestAborted);
    }
}

/// <summary>Where sign-ins at the identity provider begin and end.</summary>
internal static class SingleSignOnPaths
{
    /// <summary>Where they begin.</summary>
    public const string Begin = "/api/v1/auth/sso";

    /// <summary>Where the provider sends the browser back to; it is registered there.</summary>
    public const string Callback = "/api/v1/auth/sso/callback";
}
