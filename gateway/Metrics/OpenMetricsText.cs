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

/// <summary>Names and labels as OpenMetrics 1.0 has them (section "Metric naming" and the ABNF of its text format).</summary>
internal static class OpenMetricsNames
{
    /// <summary>The word for a unit (UCUM, as instruments have it), or null where it has none.</summary>
    public static string? Unit(string? unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "1" => "ratio",
        _ => null,
    };

    /// <summary>A metric family's name, which ends in its unit.</summary>
    public static string Family(string instrument, string? unit)
    {
        var name = new StringBuilder(instrument.Length + 16);
        foreach (var character in instrument)
        {
            name.Append(IsNamePart(character, name.Length == 0) ? character : '_');
        }

        var text = name.ToString();
        return unit is null || text.EndsWith("_" + unit, StringComparison.Ordinal) ? text : $"{text}_{unit}";
    }

    /// <summary>Writes <c>name="value",…</c>; false where it does not fit.</summary>
    public static bool TryWriteLabels(ReadOnlySpan<KeyValuePair<string, object?>> tags, Span<char> output, out int length)
    {
        var writer = new LabelWriter(output);
        foreach (var (name, value) in tags)
        {
            if (value is not null)
            {
                writer.Add(name, value);
            }
        }

        length = writer.Length;
        return !writer.IsFull;
    }

    private static bool IsNamePart(char character, bool isFirst) =>
        char.IsAsciiLetter(character) || character == '_' || (!isFirst && char.IsAsciiDigit(character));

    private ref struct LabelWriter(Span<char> output)
    {
        private readonly Span<char> _output = output;

        public int Length { get; private set; }

        public bool IsFull { get; private set; }

        public void Add(string name, object value)
        {
            if (Length > 0)
            {
                Put(',');
            }

            for (var i = 0; i < name.Length; i++)
            {
                Put(IsNamePart(name[i], i == 0) ? name[i] : '_');
            }

            Put('=');
            Put('"');
            foreach (var character in value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                switch (character)
                {
                    case '\n':
                        Put('\\');
                        Put('n');
                        break;
                    case '"' or '\\':
                        Put('\\');
                        Put(character);
                        break;
                    default:
                        Put(character);
                        break;
                }
            }

            Put('"');
        }

        private void Put(char character)
        {
            if (Length < _output.Length)
            {
                _output[Length++] = character;
            }
            else
            {
                IsFull = true;
            }
        }
    }
}
