using CodeSigning.Errors;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Problems;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Bounds the work under way and how often an identity asks. What is beyond is told at once to come back; nothing queues
/// without end.
/// </summary>
internal sealed class LimitsMiddleware(RequestDelegate next, RateLimits rates, GatewaySettings settings)
{
    private static readonly Problem Busy = new(ErrorCode.Unavailable, "Too much is under way. Ask again in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private int _underWay;

    public async Task InvokeAsync(HttpContext context)
    {
        var limits = context.GetEndpoint()?.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual;
        if (limits.Rate == Rate.Requests && context.Features.Get<Caller>() is { } caller
            && rates.TakeRequest(caller.Id) is { } wait)
        {
            throw RateLimited(wait);
        }

        if (!limits.CountsAsWork)
        {
            await next(context);
            return;
        }

        if (Interlocked.Increment(ref _underWay) > settings.RequestsInFlight)
        {
            Interlocked.Decrement(ref _underWay);
            await ProblemWriter.WriteAsync(context, Busy);
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    /// <summary>Tells an identity to come back later.</summary>
    public static RefusedException RateLimited(TimeSpan wait) =>
        new(ErrorCode.RateLimited, "You ask too often. Wait as long as Retry-After says.") { RetryAfter = wait };
}
