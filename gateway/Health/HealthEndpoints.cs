using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Budgets;
using CodeSigning.Silo.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CodeSigning.Gateway.Health;

/// <summary>
/// <c>/healthz</c>: the process responds and need not be restarted. <c>/readyz</c>: it can also do its work, and is not about
/// to stop. The log has the details of checks, since the responses are public.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var draining = routes.ServiceProvider.GetRequiredService<Draining>();
        routes.MapProbe("/healthz", check => check.Tags.Contains(SiloHosting.LivenessTag), isLeaving: () => false);
        routes.MapProbe("/readyz", check => !check.Tags.Contains(SiloHosting.LivenessTag), isLeaving: () => draining.IsUnderWay);
    }

    private static void MapProbe(
        this IEndpointRouteBuilder routes, string path, Func<HealthCheckRegistration, bool> isAsked, Func<bool> isLeaving)
    {
        var health = routes.ServiceProvider.GetRequiredService<HealthCheckService>();
        var checks = new SharedRun<HealthReport>(() => health.CheckHealthAsync(isAsked));
        routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => isLeaving() ? SayDrainingAsync(context) : AnswerAsync(context, checks))
            .AllowAnonymous()
            .WithMetadata(EndpointLimits.Probe)
            .ExcludeFromDescription();
    }

    private static Task SayDrainingAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsJsonAsync(new { Status = "draining" }, context.RequestAborted);
    }

    private static async Task AnswerAsync(HttpContext context, SharedRun<HealthReport> checks)
    {
        var report = await checks.AskAsync().WaitAsync(context.RequestAborted);
        var isHealthy = report.Status == HealthStatus.Healthy;
        context.Response.StatusCode = isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsJsonAsync(
            new
            {
                Status = isHealthy ? "ok" : "unavailable",
                Checks = report.Entries.ToDictionary(
                    check => check.Key, check => check.Value.Status == HealthStatus.Healthy ? "ok" : "unavailable"),
            },
            context.RequestAborted);
    }
}
