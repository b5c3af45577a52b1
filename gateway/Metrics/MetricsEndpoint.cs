using System.Buffers;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Budgets;

namespace CodeSigning.Gateway.Metrics;

/// <summary><c>/metrics</c>.</summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var collector = routes.ServiceProvider.GetRequiredService<MetricsCollector>();
        var texts = new SharedRun<ReadOnlyMemory<byte>>(() => Task.FromResult(Write(collector)));
        routes.MapGet("/metrics", context => AnswerAsync(context, texts))
            .AllowAnonymous()
            .WithMetadata(EndpointLimits.Probe)
            .ExcludeFromDescription();
    }

    private static ReadOnlyMemory<byte> Write(MetricsCollector collector)
    {
        var text = new ArrayBufferWriter<byte>();
        collector.Write(text);
        return text.WrittenMemory;
    }

    private static async Task AnswerAsync(HttpContext context, SharedRun<ReadOnlyMemory<byte>> texts)
    {
        var text = await texts.AskAsync().WaitAsync(context.RequestAborted);
        context.Response.ContentType = OpenMetricsText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.BodyWriter.WriteAsync(text, context.RequestAborted);
    }
}
