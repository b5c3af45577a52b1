using CodeSigning.Errors;
using CodeSigning.Gateway.Problems;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Bounds what is asked without a valid token, by address. Beyond the rate an answer waits, so that whoever goes on
/// asking is slowed down by their own connections, and is then a refusal. Probes are slowed down alone, by less than
/// what a probe waits for: they may come from the address of a flood.
/// </summary>
internal sealed class AnonymousRateMiddleware(RequestDelegate next, AddressRates rates, TimeProvider time)
{
    private const int MostOnConnection = 8;
    private const int MostRefusalsOnConnection = 100;
    private const int MostWaiting = 2000;
    private static readonly TimeSpan BeforeRefusal = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeforeProbe = TimeSpan.FromSeconds(0.5);

    private int _waiting;

    public async Task InvokeAsync(HttpContext context)
    {
        if (KindOf(context) is not { } kind)
        {
            await AuthenticateWithinRateAsync(context);
            return;
        }

        var connection = context.Features.Get<ClientConnection>();
        if (connection?.TryBeginAnonymous(MostOnConnection) == false)
        {
            await RefuseAsync(context, TimeSpan.FromSeconds(1));
            return;
        }

        try
        {
            if (rates.Take(kind, context.Connection.RemoteIpAddress) is not { } wait)
            {
                await next(context);
            }
            else if (!await WaitAsync(context, kind == AnonymousKind.Probes ? BeforeProbe : BeforeRefusal))
            {
                connection?.Abort();
            }
            else if (kind == AnonymousKind.Probes)
            {
                await next(context);
            }
            else
            {
                await RefuseAsync(context, wait);
            }
        }
        finally
        {
            connection?.EndAnonymous();
        }
    }

    /// <summary>What a request asks for without a token; null where it bears one that is to be looked at.</summary>
    private static AnonymousKind? KindOf(HttpContext context)
    {
        // What is no route's endpoint leads nowhere, or is the framework's own way to answer 405 and 415.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return AnonymousKind.Requests;
        }

        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return (endpoint.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual).Anonymous;
        }

        return context.Request.Headers.Authorization.Count == 0 ? AnonymousKind.Requests : null;
    }

    private async Task AuthenticateWithinRateAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (RefusedException refused) when (context.Features.Get<Caller>() is null)
        {
            var wait = refused.Code == ErrorCode.RateLimited
                ? refused.RetryAfter
                : rates.Take(AnonymousKind.Requests, context.Connection.RemoteIpAddress);
            if (wait is null)
            {
                throw;
            }

            if (await WaitAsync(context, BeforeRefusal))
            {
                await RefuseAsync(context, wait.Value);
            }
            else
            {
                context.Features.Get<ClientConnection>()?.Abort();
            }
        }
    }

    /// <summary>Waits before an answer.</summary>
    /// <returns>False where too many wait already.</returns>
    private async Task<bool> WaitAsync(HttpContext context, TimeSpan wait)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting)
            {
                return false;
            }

            await Task.Delay(wait, time, context.RequestAborted);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static async Task RefuseAsync(HttpContext context, TimeSpan wait)
    {
        var problem = new Problem(
            ErrorCode.RateLimited, "Too many requests without a valid token from this address. Retry as Retry-After says.")
        {
            RetryAfter = wait,
        };
        await ProblemWriter.WriteAsync(context, problem);
        if (context.Features.Get<ClientConnection>() is { } connection && connection.CountRefusal() > MostRefusalsOnConnection)
        {
            connection.Abort();
        }
    }
}
