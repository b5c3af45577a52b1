using System.Globalization;

namespace CodeSigning.Gateway.Metrics;

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
