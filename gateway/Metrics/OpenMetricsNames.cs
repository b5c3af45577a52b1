using System.Globalization;
using System.Text;

namespace CodeSigning.Gateway.Metrics;

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
