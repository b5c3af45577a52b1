using System.Diagnostics.Metrics;
using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Embedded.Tests.Embedded;

public sealed class MetricsTests
{
    [Fact]
    public async Task The_host_tells_how_many_grains_are_active_and_how_many_calls_they_had()
    {
        await using var host = await RunningHost.Start();
        for (var grain = 0; grain < 3; grain++)
            await host.Grains.GetGrain<ILife>($"life {grain}").Activation();
        await host.Grains.GetGrain<ILife>("life 0").Activation();
        await host.Grains.GetGrain<ILife>("life 1").End();
        await host.Stage.Until("disposed");
        await Patiently.Call(host.Grains.GetGrain<ILife>("life 2").Activation);

        var values = Measure(host);

        Assert.Equal(2, values[("grains.active", "life")]);
        Assert.Equal(0, values[("grains.active", "account")]);
        Assert.InRange(values[("grains.calls", "life")], 5, 6);
    }

    private static Dictionary<(string Instrument, string GrainType), long> Measure(RunningHost host)
    {
        var values = new Dictionary<(string, string), long>();
        void Record<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
            where T : struct =>
            values[(instrument.Name, (string)tags[0].Value!)] = Convert.ToInt64(value, null);

        var factory = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "CodeSigning.Embedded" && ReferenceEquals(instrument.Meter.Scope, factory))
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>(Record);
        listener.SetMeasurementEventCallback<long>(Record);
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }
}
