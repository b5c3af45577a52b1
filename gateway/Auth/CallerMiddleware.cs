using CodeSigning.Errors;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Auth;

/// <summary>Authenticates every request except those to anonymous endpoints.</summary>
internal sealed class CallerMiddleware(
    RequestDelegate next, TokenAuthentication authentication, ConnectionLimits connections, AddressRates rates)
{
    public Task InvokeAsync(HttpContext context)
    {
        // Endpoints that are no route endpoints are the framework's own 405 and 415 responses.
        if (context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        // Most callers are known, which takes no waiting.
        var authenticated = authentication.AuthenticateAsync(context, fresh: false, context.RequestAborted);
        return authenticated.IsCompletedSuccessfully
            ? GoOnAsync(context, endpoint, authenticated.Result)
            : AwaitAsync(context, endpoint, authenticated);
    }

    private async Task AwaitAsync(HttpContext context, RouteEndpoint endpoint, ValueTask<Caller> authenticated) =>
        await GoOnAsync(context, endpoint, await authenticated);

    private Task GoOnAsync(HttpContext context, RouteEndpoint endpoint, Caller caller)
    {
        context.Features.Set(caller);
        NoteOnConnection(context, caller);
        caller.RequireFreeFor(endpoint);
        return next(context);
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
        fresh.RequireFreeFor(context.GetEndpoint()!);
        var caller = fresh with { Retry = context.GetCaller().Retry };
        context.Features.Set(caller);
        return caller;
    }
}

/// <summary>Marks endpoints that serve an obligation, and are open to callers who have not met it yet.</summary>
/// <param name="obligations">The obligations.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OpenUnder(params CallerObligation[] obligations) : Attribute
{
    /// <summary>The obligations.</summary>
    public IReadOnlyList<CallerObligation> Obligations { get; } = obligations;

    /// <summary>Opens an endpoint to callers under these obligations.</summary>
    public static OpenUnder Any { get; } = new(Enum.GetValues<CallerObligation>());
}

/// <summary>Holds callers to what they must do first.</summary>
internal static class ObligedCallers
{
    /// <summary>Refuses a caller who must do something else first.</summary>
    /// <exception cref="RefusedException">The endpoint does not serve the caller's obligation.</exception>
    public static void RequireFreeFor(this Caller caller, Endpoint endpoint)
    {
        if (caller.Obligation is { } obligation && endpoint.Metadata.GetMetadata<OpenUnder>()?.Obligations.Contains(obligation) != true)
        {
            throw Obligations.Refuse(obligation);
        }
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
