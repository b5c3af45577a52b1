using System.Collections.Concurrent;
using CodeSigning.Errors;
using CodeSigning.Gateway.Settings;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Bounds the requests that one identity has under way to half of all: whoever holds requests open with a token, by
/// sending bodies slowly, keeps out themselves and nobody else.
/// </summary>
internal sealed class CallerShareMiddleware(RequestDelegate next, GatewaySettings settings)
{
    private const int Share = 2;

    private readonly ConcurrentDictionary<string, int> _underWay = new();
    private readonly int _limit = Math.Max(1, settings.RequestsInFlight / Share);

    public async Task InvokeAsync(HttpContext context)
    {
        var limits = context.GetEndpoint()?.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual;
        if (!limits.CountsAsWork || context.Features.Get<Caller>() is not { } caller)
        {
            await next(context);
            return;
        }

        try
        {
            if (_underWay.AddOrUpdate(caller.Id, 1, static (_, count) => count + 1) > _limit)
            {
                throw TooManyUnderWay();
            }

            await next(context);
        }
        finally
        {
            Return(caller.Id);
        }
    }

    private void Return(string callerId)
    {
        if (_underWay.AddOrUpdate(callerId, 0, static (_, count) => count - 1) == 0)
        {
            _underWay.TryRemove(new KeyValuePair<string, int>(callerId, 0));
        }
    }

    private static RefusedException TooManyUnderWay() =>
        new(ErrorCode.RateLimited, "You have too many requests under way. Wait for some of them to end.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
}
