using CodeSigning.Gateway.Json;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Settings;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Bounds the requests under way. What is beyond is told at once to come back; nothing queues without end. Endpoints that
/// ask for no token have a bound of their own, so that they keep out nobody who has one; and what is sent there is read
/// before a place is taken, so that whoever sends it slowly keeps out nobody either.
/// </summary>
internal sealed class WorkInFlightMiddleware(RequestDelegate next, GatewaySettings settings)
{
    private const int ShareOfTheAnonymous = 4;

    private static readonly Problem Busy = new(ErrorCode.Unavailable, "Too much is under way. Ask again in a moment.")
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
