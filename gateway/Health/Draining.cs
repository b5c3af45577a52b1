namespace CodeSigning.Gateway.Health;

/// <summary>
/// Has a stopping node leave its balancer before it stops: for a while <c>/readyz</c> says so and connections are closed after
/// their answer, while everything that still comes is answered as before.
/// </summary>
internal sealed class Draining(TimeSpan delay, TimeProvider time, ILogger<Draining> logger) : IHostedLifecycleService
{
    /// <summary>The delay of a node that is one of several: a balancer that probes each second has noticed by then.</summary>
    public static readonly TimeSpan UsualDelay = TimeSpan.FromSeconds(3);

    private volatile bool _isUnderWay;

    /// <summary>Whether the node is about to stop.</summary>
    public bool IsUnderWay => _isUnderWay;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits, while the server still listens.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isUnderWay = true;
        if (delay == TimeSpan.Zero)
        {
            return;
        }

        logger.LogInformation("Stopping: the node goes on answering for {Delay} while balancers turn to others", delay);
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Closes connections after their answer while the node drains, so that clients go on elsewhere.</summary>
internal sealed class DrainMiddleware(RequestDelegate next, Draining draining)
{
    public Task InvokeAsync(HttpContext context)
    {
        // HTTP/2 has no such header: Kestrel sends GOAWAY when it stops.
        if (draining.IsUnderWay && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return next(context);
    }
}
