using Microsoft.AspNetCore.Connections.Features;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Notes which connections have a request under way, and lets others have their turn. Requests that are sent one behind the
/// other, without waiting for answers, would otherwise all be handled by one thread before it does anything else.
/// </summary>
internal sealed class ClientConnectionMiddleware(RequestDelegate next, ConnectionLimits limits)
{
    // Of a caller, whose own rates bound what this saves.
    private const int RequestsInARow = 16;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<ClientConnection>() is not { } connection)
        {
            await next(context);
            return;
        }

        if (!connection.IsTrusted || connection.CountRequest() % RequestsInARow == 0)
        {
            await Task.Yield();
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            // Kestrel would go on with all that was sent before the client left.
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            return;
        }

        limits.BeginRequest(connection);
        try
        {
            await next(context);
        }
        finally
        {
            limits.EndRequest(connection);
        }
    }
}
