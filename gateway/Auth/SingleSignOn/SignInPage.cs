using System.Text.Encodings.Web;
using System.Text.Json;
using CodeSigning.Gateway.Problems;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>The two plain pages at the end of a sign-in at the identity provider.</summary>
internal static class SignInPage
{
    /// <summary>
    /// Leads on to a page of this server. It is a page and no redirect: a browser tells a redirect from the provider's site
    /// as a request of that site, and those count for nothing by cookie.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="next">The path to go on to.</param>
    public static Task LeadOnAsync(HttpContext context, string next)
    {
        var path = HtmlEncoder.Default.Encode(next);
        return WriteAsync(context, StatusCodes.Status200OK, $"""
            <meta http-equiv="refresh" content="0; url={path}">
            <title>Code signing: signed in</title>
            <h1>Signed in</h1>
            <p><a href="{path}">Go on</a></p>
            """);
    }

    /// <summary>Says why a sign-in failed.</summary>
    public static Task RefuseAsync(HttpContext context, SignInRefusedException refused)
    {
        var word = JsonNamingPolicy.CamelCase.ConvertName(refused.Fault.ToString());
        return WriteAsync(context, ErrorCodeTable.StatusOf(SignInFaults.CodeOf(refused.Fault)), $"""
            <title>Code signing: not signed in</title>
            <h1>Not signed in</h1>
            <p>{HtmlEncoder.Default.Encode(refused.Message)}</p>
            <p>Error code: <code>{word}</code></p>
            <p><a href="{SingleSignOnPaths.Begin}">Sign in again</a></p>
            """);
    }

    private static Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            {body}
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
