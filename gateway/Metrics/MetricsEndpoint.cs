using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
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

/// <summary>
/// Adds up what the meters of this process say, to be read at <c>/metrics</c>. Listens to the product's own meters, whose
/// names begin with <c>CodeSigning</c>, to the HTTP server's and to the runtime's.
/// </summary>
internal sealed class MetricsCollector : IDisposable
{
    private static readonly string[] Others =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, Metric> _metrics = [];
    private readonly MeterListener _listener = new();
    private readonly Lock _reading = new();

    public MetricsCollector(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other hosts in this process have factories of their own; meters without one belong to everybody.
            if (IsWanted(instrument.Meter) && (instrument.Meter.Scope is null || instrument.Meter.Scope == meters))
            {
                listener.EnableMeasurementEvents(instrument, _metrics.GetOrAdd(instrument, Metric.Of));
            }
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, metric) => Record(metric, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, metric) => Record(metric, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, metric) => Record(metric, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, metric) => Record(metric, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, metric) => Record(metric, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, metric) => Record(metric, value, tags));
        _listener.Start();
    }

    /// <summary>Writes everything as OpenMetrics text.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        lock (_reading)
        {
            foreach (var metric in _metrics.Values)
            {
                metric.ForgetObserved();
            }

            _listener.RecordObservableInstruments();
            var text = new OpenMetricsText(output);
            foreach (var metric in _metrics.Values.OrderBy(metric => metric.Name, StringComparer.Ordinal))
            {
                metric.Write(text);
            }

            text.End();
        }
    }

    public void Dispose() => _listener.Dispose();

    private static bool IsWanted(Meter meter) =>
        meter.Name.StartsWith("CodeSigning", StringComparison.Ordinal) || Others.Contains(meter.Name);

    private static void Record(object? metric, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((Metric)metric!).Record(value, tags);
}
