using CodeSigning.Gateway.Json;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Settings;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Limits the requests in flight; any more are refused immediately instead of queued. Anonymous endpoints have a
/// separate limit, so that they do not block authenticated callers; their bodies are read before a slot is taken, so
/// that slow senders block nobody.
/// </summary>
internal sealed class WorkInFlightMiddleware(RequestDelegate next, GatewaySettings settings)
{
    private const int ShareOfTheAnonymous = 4;

    private static readonly Problem Busy = new(ErrorCode.Unavailable, "The server is busy: retry after the time in Retry-After.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private readonly Slots _anonymous = new(Math.Max(1, settings.RequestsInFlight / ShareOfTheAnonymous));
    private readonly Slots _others = new(settings.RequestsInFlight);

    public async Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (!(metadata?.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual).CountsAsWork)
        {
            await next(context);
            return;
        }

        var isAnonymous = metadata?.GetMetadata<IAllowAnonymous>() is not null;
        if (isAnonymous && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            await RequestBody.ReadAsync(context);
        }

        var slots = isAnonymous ? _anonymous : _others;
        if (!slots.TryTake())
        {
            await ProblemWriter.WriteAsync(context, Busy);
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            slots.Return();
        }
    }

    private sealed class Slots(int count)
    {
        private int _taken;

        public bool TryTake()
        {
            if (Interlocked.Increment(ref _taken) <= count)
            {
                return true;
            }

            Interlocked.Decrement(ref _taken);
            return false;
        }

        public void Return() => Interlocked.Decrement(ref _taken);
    }
}
