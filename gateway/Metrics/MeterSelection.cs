using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace CodeSigning.Gateway.Metrics;

/// <summary>Which meters <c>/metrics</c> shows, and with which labels: everybody may read it.</summary>
internal static class MeterSelection
{
    private const string Orleans = "Microsoft.Orleans";
    private const string Npgsql = "Npgsql";
    private const string Requests = "Microsoft.AspNetCore.Hosting";

    // Room for a metric's series is allocated at once. Only requests have many: a route, a method and a status each.
    private const int MostSeries = 200;
    private const int MostSeriesOfRequests = 2000;
    private const int MostBytes = 8 * 1024 * 1024;

    // Not the addresses of other silos, which are new ones at each start.
    private static readonly string[] OrleansLabels =
    [
        "grain_type", "type", "status", "Status", "directory", "locator", "via", "duration", "Phase", "Context",
        "Direction", "ConnectionDirection", "MessageDirection",
    ];

    /// <summary>Adds the meters and their exporter.</summary>
    public static void AddMetricsExport(this IServiceCollection services)
    {
        services.AddSingleton<ThreadPoolMeter>();
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            var own = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument => ViewOf(instrument, own));
        });
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("CodeSigning.*", Requests, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", Orleans, Npgsql)
            .AddPrometheusExporter(exporter =>
            {
                exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                exporter.MaxScrapeResponseSizeBytes = MostBytes;
                exporter.ScopeInfoEnabled = false;
                exporter.TargetInfoEnabled = false;
            }));
    }

    /// <summary>How an instrument is shown.</summary>
    private static MetricStreamConfiguration ViewOf(Instrument instrument, IMeterFactory own) => instrument.Meter.Name switch
    {
        // Other hosts in this process have factories of their own; meters without one belong to everybody.
        _ when instrument.Meter.Scope is { } scope && scope != own => MetricStreamConfiguration.Drop,
        // Pools are named by their connection strings. Without that label sums add up, but of what is observed the last pool hides the others.
        Npgsql when instrument.IsObservable => MetricStreamConfiguration.Drop,
        Npgsql => new MetricStreamConfiguration { TagKeys = [], CardinalityLimit = MostSeries },
        Orleans => new MetricStreamConfiguration { TagKeys = OrleansLabels, CardinalityLimit = MostSeries },
        Requests => new MetricStreamConfiguration { CardinalityLimit = MostSeriesOfRequests },
        _ when ThreadPoolMeter.Replaces(instrument) => MetricStreamConfiguration.Drop,
        _ => new MetricStreamConfiguration { CardinalityLimit = MostSeries },
    };
}

/// <summary>Shows as gauges what the run-time declares as counters although it falls.</summary>
internal sealed class ThreadPoolMeter : IDisposable
{
    private const string Threads = "dotnet.thread_pool.thread.count";
    private const string Queue = "dotnet.thread_pool.queue.length";

    private readonly Meter _meter;

    public ThreadPoolMeter(IMeterFactory factory)
    {
        _meter = factory.Create("CodeSigning.ThreadPool");
        _meter.CreateObservableGauge(Threads, () => ThreadPool.ThreadCount, "{thread}", "Threads of the thread pool.");
        _meter.CreateObservableGauge(Queue, () => ThreadPool.PendingWorkItemCount, "{work_item}", "Work that waits for a thread of the pool.");
    }

    /// <summary>Whether this meter shows it instead.</summary>
    public static bool Replaces(Instrument instrument) => instrument is { Meter.Name: "System.Runtime", Name: Threads or Queue };

    public void Dispose() => _meter.Dispose();
}
