using CodeSigning.Gateway.Limits;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Auth;

/// <summary>Authenticates every request except those to anonymous endpoints.</summary>
internal sealed class CallerMiddleware(RequestDelegate next, ConnectionLimits connections, AddressRates rates)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // Endpoints that are no route endpoints are the framework's own 405 and 415 responses.
        if (context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            var authentication = context.RequestServices.GetRequiredService<TokenAuthentication>();
            var caller = await authentication.AuthenticateAsync(context, fresh: false, context.RequestAborted);
            context.Features.Set(caller);
            NoteOnConnection(context, caller);
        }

        await next(context);
    }

    private void NoteOnConnection(HttpContext context, Caller caller)
    {
        if (context.Features.Get<ClientConnection>() is { } connection && connections.Authenticate(connection, caller.Id)
            && context.Request.IsHttps && connection.HandshakeFrom is { } address)
        {
            rates.GiveBack(AnonymousKind.Handshakes, address);
        }
    }
}

/// <summary>The caller of a request.</summary>
internal static class CallerFeature
{
    /// <summary>The authenticated caller.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is anonymous.</exception>
    public static Caller GetCaller(this HttpContext context) => context.Features.GetRequiredFeature<Caller>();

    /// <summary>Authenticates again on current facts; keeps the request's idempotency key.</summary>
    public static async Task<Caller> ReauthenticateAsync(this HttpContext context)
    {
        var authentication = context.RequestServices.GetRequiredService<TokenAuthentication>();
        var fresh = await authentication.AuthenticateAsync(context, fresh: true, context.RequestAborted);
        var caller = fresh with { Retry = context.GetCaller().Retry };
        context.Features.Set(caller);
        return caller;
    }
}

/// <summary>
/// Marks endpoints whose commit includes the caller's read set, such as signing: the commit refuses a caller disabled
/// meanwhile on any node, so checking the versions before is unnecessary.
/// </summary>
internal sealed class CallerCheckedAtCommit
{
    /// <summary>The mark.</summary>
    public static CallerCheckedAtCommit Mark { get; } = new();
}
