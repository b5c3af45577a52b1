using CodeSigning.Gateway.Settings;
using CodeSigning.Silo.Ledger;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orleans.Diagnostics;

namespace CodeSigning.Gateway.Tracing;

/// <summary>Sends traces by OTLP: requests, grain calls, commits of the ledger, and what PostgreSQL is asked meanwhile.</summary>
internal static class TraceExport
{
    private const string ServiceName = "codesigning";
    private static readonly string[] Probes = ["/healthz", "/readyz", "/metrics"];

    /// <summary>Adds it where the settings name an endpoint; else nothing listens, and no span is made. Comes before the silo.</summary>
    public static void AddTraceExport(this IHostApplicationBuilder builder, GatewaySettings settings)
    {
        if (settings.OtlpEndpoint is null)
        {
            return;
        }

        builder.Configuration["Orleans:EnableDistributedTracing"] = "true"; // Its way to have calls bear their caller's context.
        builder.Services.Configure<AspNetCoreTraceInstrumentationOptions>(requests =>
            requests.Filter = context => !Probes.Contains(context.Request.Path.Value));
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName).AddEnvironmentVariableDetector())
            .WithTracing(traces => traces
                .AddAspNetCoreInstrumentation()
                .AddSource(
                    ActivitySources.ApplicationGrainActivitySourceName,
                    ActivitySources.RuntimeActivitySourceName,
                    LedgerTracing.SourceName,
                    SpanContents.Npgsql)
                .AddProcessor(new SpanContents())
                .AddOtlpExporter());
    }
}
