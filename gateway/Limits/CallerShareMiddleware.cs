using System.Collections.Concurrent;
using CodeSigning.Errors;
using CodeSigning.Gateway.Settings;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Limits the requests in flight of one identity to half of all, so that an identity that sends bodies slowly blocks
/// only itself.
/// </summary>
internal sealed class CallerShareMiddleware(RequestDelegate next, GatewaySettings settings)
{
    private const int Share = 2;

    private readonly ConcurrentDictionary<string, int> _inFlight = new();
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
            if (_inFlight.AddOrUpdate(caller.Id, 1, static (_, count) => count + 1) > _limit)
            {
                throw TooManyInFlight();
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
        if (_inFlight.AddOrUpdate(callerId, 0, static (_, count) => count - 1) == 0)
        {
            _inFlight.TryRemove(new KeyValuePair<string, int>(callerId, 0));
        }
    }

    private static RefusedException TooManyInFlight() =>
        new(ErrorCode.RateLimited, "Too many of your requests are in flight: wait until some have ended.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
}
