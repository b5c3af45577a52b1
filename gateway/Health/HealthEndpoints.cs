using CodeSigning.Gateway.Limits;
using CodeSigning.Silo.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CodeSigning.Gateway.Health;

/// <summary>
/// <c>/healthz</c>: the process answers, and need not be replaced by another. <c>/readyz</c>: it can also do its work; what a check found is in the log, for the
/// answer is for everybody.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapProbe("/healthz", check => check.Tags.Contains(SiloHosting.LivenessTag));
        routes.MapProbe("/readyz", check => !check.Tags.Contains(SiloHosting.LivenessTag));
    }

    private static void MapProbe(this IEndpointRouteBuilder routes, string path, Func<HealthCheckRegistration, bool> isAsked) =>
        routes.MapHealthChecks(path, new HealthCheckOptions { Predicate = isAsked, ResponseWriter = WriteAsync })
            .AllowAnonymous()
            .WithMetadata(EndpointLimits.Probe, new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new
        {
            Status = report.Status == HealthStatus.Healthy ? "ok" : "unavailable",
            Checks = report.Entries.ToDictionary(
                check => check.Key, check => check.Value.Status == HealthStatus.Healthy ? "ok" : "unavailable"),
        },
        context.RequestAborted);
}
