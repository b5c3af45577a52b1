namespace CodeSigning.Gateway.Metrics;

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
