using System.Runtime.InteropServices;
using System.Security.Claims;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Json;
using CodeSigning.Gateway.Pages.Layout;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Pages;

/// <summary>
/// Prepares requests of pages: the headers, the check that a form is of this server's pages, and the caller that the
/// antiforgery token is bound to.
/// </summary>
internal sealed class PageMiddleware(RequestDelegate next)
{
    private const string Session = "session";

    public Task InvokeAsync(HttpContext context) => PageEndpoint.IsOf(context) ? PrepareAsync(context) : next(context);

    private async Task PrepareAsync(HttpContext context)
    {
        SessionCookie.RequireOwnPage(context.Request);
        PageHeaders.Set(context);
        if (context.Features.Get<Caller>() is { } caller)
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, caller.Id)], Session));
        }

        context.GetEndpoint()?.Metadata.GetMetadata<ReadsBodyOf>()?.Require(context.GetCaller());
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            context.Request.Body = ToStream(await RequestBody.ReadAsync(context));
        }

        await next(context);
    }

    // The bytes are those that are zeroed after the request, not a copy.
    private static MemoryStream ToStream(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var bytes)
            ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
            : throw new InvalidOperationException("The body is no array.");
}
