using CodeSigning.Gateway.Limits;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Auth;

/// <summary>Authenticates every request but those for endpoints that say they are for everybody.</summary>
internal sealed class CallerMiddleware(RequestDelegate next, ConnectionLimits connections, AddressRates rates)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // What is no route's endpoint is the framework's own way to answer 405 and 415.
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
    /// <summary>The caller as it was authenticated.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is for everybody.</exception>
    public static Caller GetCaller(this HttpContext context) => context.Features.GetRequiredFeature<Caller>();

    /// <summary>Authenticates again on fresh facts; what the request bore beside its token stays.</summary>
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
/// Marks endpoints whose answer is committed with the caller's versions, such as signing: the commit refuses a caller
/// that was disabled meanwhile, on whichever node, so that looking the versions up before would be for nothing.
/// </summary>
internal sealed class CallerCheckedAtCommit
{
    /// <summary>The mark.</summary>
    public static CallerCheckedAtCommit Mark { get; } = new();
}
