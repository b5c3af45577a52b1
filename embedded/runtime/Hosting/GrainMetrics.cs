using System.Diagnostics.Metrics;
using CodeSigning.Embedded.Engine;

namespace CodeSigning.Embedded.Hosting;

/// <summary>What the host tells of itself: meter CodeSigning.Embedded, each value by grain type.</summary>
internal sealed class GrainMetrics(IMeterFactory meters)
{
    internal const string MeterName = "CodeSigning.Embedded";

    internal void Observe(GrainRuntime runtime)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "grains.active",
            () => runtime.Classes.Select(static grainClass => new Measurement<int>(grainClass.ActiveCount, TagOf(grainClass))),
            "{grain}",
            "Grains that are active now.");
        meter.CreateObservableCounter(
            "grains.calls",
            () => runtime.Classes.Select(static grainClass => new Measurement<long>(grainClass.CallCount, TagOf(grainClass))),
            "{call}",
            "Calls that grains have begun.");
    }

    private static KeyValuePair<string, object?> TagOf(GrainClass grainClass) => new("grain_type", grainClass.GrainType.ToString());
}
