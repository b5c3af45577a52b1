using System.Threading.RateLimiting;
using CodeSigning.Errors;
using CodeSigning.Gateway.Settings;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Limits;

/// <summary>Rate limits per identity on this node: a token bucket for signatures and one for other requests.</summary>
internal sealed class RateLimits : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private readonly PartitionedRateLimiter<string> _signatures;
    private readonly PartitionedRateLimiter<string> _requests;

    public RateLimits(GatewaySettings settings)
    {
        // A batch takes a token per item, so a bucket holds at least the largest batch.
        _signatures = Buckets(settings.SignaturesPerSecond, Math.Max(1000, 2 * settings.SignaturesPerSecond));
        _requests = Buckets(settings.RequestsPerSecond, 2 * settings.RequestsPerSecond);
    }

    /// <summary>Takes tokens for signatures.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>, with the delay until there are enough.</exception>
    public void TakeSignatures(string principalId, int count) => Take(_signatures, principalId, count);

    /// <summary>Takes a token for another request.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>, with the delay until there is one.</exception>
    public void TakeRequest(string principalId) => Take(_requests, principalId, 1);

    public void Dispose()
    {
        _signatures.Dispose();
        _requests.Dispose();
    }

    private static void Take(PartitionedRateLimiter<string> limiter, string principalId, int count)
    {
        using var lease = limiter.AttemptAcquire(principalId, count);
        if (!lease.IsAcquired)
        {
            throw new RefusedException(ErrorCode.RateLimited, "Too many requests: retry after the time in Retry-After.")
            {
                RetryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1),
            };
        }
    }

    private static PartitionedRateLimiter<string> Buckets(int perSecond, int atOnce)
    {
        // Buckets are refilled in whole tokens, so the period must yield at least one.
        var period = TimeSpan.FromSeconds(Math.Max(Period.TotalSeconds, 1.0 / perSecond));
        var options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = atOnce,
            TokensPerPeriod = Math.Max(1, (int)Math.Round(perSecond * period.TotalSeconds)),
            ReplenishmentPeriod = period,
            AutoReplenishment = true,
        };
        return PartitionedRateLimiter.Create<string, string>(
            principalId => RateLimitPartition.GetTokenBucketLimiter(principalId, _ => options), StringComparer.Ordinal);
    }
}

/// <summary>How a request uses its identity's buckets.</summary>
internal enum Rate
{
    /// <summary>Before it is handled, one token for requests.</summary>
    Requests,

    /// <summary>The handler takes tokens itself, if any.</summary>
    ByHandler,
}

/// <summary>Enforces the request rate of identities.</summary>
internal sealed class RateMiddleware(RequestDelegate next, RateLimits rates)
{
    public Task InvokeAsync(HttpContext context)
    {
        var limits = context.GetEndpoint()?.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual;
        if (limits.Rate == Rate.Requests && context.Features.Get<Caller>() is { } caller)
        {
            rates.TakeRequest(caller.Id);
        }

        return next(context);
    }
}
