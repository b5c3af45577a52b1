using CodeSigning.Gateway.Limits;

namespace CodeSigning.Gateway.Metrics;

/// <summary><c>/metrics</c>.</summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", WriteAsync)
            .AllowAnonymous()
            .WithMetadata(EndpointLimits.Probe)
            .ExcludeFromDescription();

    private static async Task WriteAsync(HttpContext context, MetricsCollector collector)
    {
        context.Response.ContentType = OpenMetricsText.ContentType;
        collector.Write(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
