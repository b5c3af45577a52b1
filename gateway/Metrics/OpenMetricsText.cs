using System.Buffers;
using System.Globalization;
using System.Text;

namespace CodeSigning.Gateway.Metrics;

/// <summary>Writes OpenMetrics 1.0 text.</summary>
internal sealed class OpenMetricsText(IBufferWriter<byte> output)
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// <summary>Begins a metric family.</summary>
    public void Family(string name, MetricKind kind, string? unit, string? help)
    {
        Line($"# TYPE {name} {Word(kind)}");
        if (unit is not null)
        {
            Line($"# UNIT {name} {unit}");
        }

        if (!string.IsNullOrEmpty(help))
        {
            var escaped = help.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal);
            Line($"# HELP {name} {escaped}");
        }
    }

    /// <summary>A value.</summary>
    public void Sample(string name, string labels, double value) =>
        Line(labels.Length == 0 ? $"{name} {Number(value)}" : $"{name}{{{labels}}} {Number(value)}");

    /// <summary>Ends the text; without this line a reader takes it for cut off.</summary>
    public void End() => Line("# EOF");

    /// <summary>A number as the format spells it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>A bucket's bound, which is always spelt as a floating-point number.</summary>
    public static string Bound(double bound) => bound.ToString("0.0################", CultureInfo.InvariantCulture);

    private static string Word(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        _ => "gauge",
    };

    private void Line(string text)
    {
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\n"u8);
    }
}
