using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

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

/// <summary>What kind of thing is measured.</summary>
internal enum MetricKind
{
    /// <summary>Only grows; exposed as a counter.</summary>
    Counter,

    /// <summary>Grows and shrinks by what is added; exposed as a gauge.</summary>
    Sum,

    /// <summary>Has a value; exposed as a gauge.</summary>
    Gauge,

    /// <summary>Counts values in buckets.</summary>
    Histogram,
}

/// <summary>The values of one set of labels.</summary>
internal sealed class Series(double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _buckets = bounds.Length == 0 ? [] : new long[bounds.Length + 1];
    private double _sum;

    public void Set(double value)
    {
        lock (_lock)
        {
            _sum = value;
        }
    }

    public void Add(double value)
    {
        lock (_lock)
        {
            _sum += value;
            if (_buckets.Length > 0)
            {
                // A bucket holds what is at most its bound: the search finds the bound itself, or tells the next above.
                var index = Array.BinarySearch(bounds, value);
                _buckets[index < 0 ? ~index : index]++;
            }
        }
    }

    public void Write(OpenMetricsText text, string name, MetricKind kind, string labels)
    {
        lock (_lock)
        {
            switch (kind)
            {
                case MetricKind.Counter:
                    text.Sample($"{name}_total", labels, _sum);
                    break;
                case MetricKind.Histogram:
                    WriteHistogram(text, name, labels);
                    break;
                default:
                    text.Sample(name, labels, _sum);
                    break;
            }
        }
    }

    private void WriteHistogram(OpenMetricsText text, string name, string labels)
    {
        var separator = labels.Length == 0 ? "" : ",";
        long count = 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            count += _buckets[i];
            var bound = i < bounds.Length ? OpenMetricsText.Bound(bounds[i]) : "+Inf";
            text.Sample($"{name}_bucket", string.Create(CultureInfo.InvariantCulture, $"{labels}{separator}le=\"{bound}\""), count);
        }

        text.Sample($"{name}_count", labels, count);
        text.Sample($"{name}_sum", labels, _sum);
    }
}

/// <summary>The buckets of a histogram: those that its instrument advises, or a usual set for its unit.</summary>
internal static class HistogramBounds
{
    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    public static double[] Of(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        { Unit: "s" } => Seconds,
        _ => Counts,
    };
}
