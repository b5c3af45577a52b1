using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace CodeSigning.Gateway.Metrics;

/// <summary>One instrument's values: a series for each set of labels.</summary>
internal sealed class Metric
{
    // A label whose values grow without end must not fill the memory; what is beyond goes into one series without labels.
    private const int MaxSeries = 2000;
    private const int MaxLabelText = 1024;

    // The run-time declares these as counters, and they fall.
    private static readonly string[] MisdeclaredGauges = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Series>.AlternateLookup<ReadOnlySpan<char>> _byLabels;
    private readonly MetricKind _kind;
    private readonly bool _isObserved;
    private readonly double[] _bounds;
    private readonly string? _unit;
    private readonly string? _help;

    private Metric(Instrument instrument, MetricKind kind)
    {
        _byLabels = _series.GetAlternateLookup<ReadOnlySpan<char>>();
        _kind = kind;
        _isObserved = instrument.IsObservable;
        _bounds = kind == MetricKind.Histogram ? HistogramBounds.Of(instrument) : [];
        _unit = OpenMetricsNames.Unit(instrument.Unit);
        _help = instrument.Description;
        Name = OpenMetricsNames.Family(instrument.Name, _unit);
    }

    /// <summary>The metric family's name.</summary>
    public string Name { get; }

    public static Metric Of(Instrument instrument)
    {
        var type = instrument.GetType();
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        return new Metric(instrument, definition switch
        {
            _ when MisdeclaredGauges.Contains(instrument.Name) => MetricKind.Gauge,
            _ when definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>) => MetricKind.Counter,
            _ when definition == typeof(Histogram<>) => MetricKind.Histogram,
            _ when definition == typeof(UpDownCounter<>) => MetricKind.Sum,
            _ => MetricKind.Gauge,
        });
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Span<char> buffer = stackalloc char[MaxLabelText];
        var labels = OpenMetricsNames.TryWriteLabels(tags, buffer, out var length) ? buffer[..length] : [];
        if (!_byLabels.TryGetValue(labels, out var series))
        {
            series = _series.GetOrAdd(_series.Count < MaxSeries ? labels.ToString() : "", _ => new Series(_bounds));
        }

        if (_isObserved || _kind == MetricKind.Gauge)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>What is observed is told whole at each reading; what is not told any more is gone.</summary>
    public void ForgetObserved()
    {
        if (_isObserved)
        {
            _series.Clear();
        }
    }

    public void Write(OpenMetricsText text)
    {
        if (_series.IsEmpty)
        {
            return;
        }

        text.Family(Name, _kind, _unit, _help);
        foreach (var (labels, series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            series.Write(text, Name, _kind, labels);
        }
    }
}
