using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Limits;

/// <summary>Bounds how often an identity asks.</summary>
internal sealed class RateMiddleware(RequestDelegate next, RateLimits rates)
{
    public Task InvokeAsync(HttpContext context)
    {
        var limits = context.GetEndpoint()?.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual;
        return limits.Rate == Rate.Requests && context.Features.Get<Caller>() is { } caller
            && rates.TakeRequest(caller.Id) is { } wait
                ? throw RateLimited(wait)
                : next(context);
    }

    /// <summary>Tells an identity to come back later.</summary>
    public static RefusedException RateLimited(TimeSpan wait) =>
        new(ErrorCode.RateLimited, "You ask too often. Wait as long as Retry-After says.") { RetryAfter = wait };
}
