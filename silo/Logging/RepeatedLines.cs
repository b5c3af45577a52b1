using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Logging;

/// <summary>
/// Knows the lines that come again and again. Two are the same where they differ in nothing but numbers and times.
/// </summary>
internal sealed class RepeatedLines : IDisposable
{
    private const int MostLines = 500;
    private const int MostText = 300;
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Line> _lines = [];
    private readonly ITimer _timer;

    public RepeatedLines(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => TellOfEnds(), null, Sweep, Sweep);
    }

    /// <summary>How long a line may be away and still be the same state's.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether the same line was passed on before, and its state lasts.</summary>
    public bool IsRepeated<TState>(ILogger logger, string category, TState state, Func<string> text)
    {
        var key = $"{category} {Kind(state) ?? text()}";
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (_lines.TryGetValue(key, out var known))
            {
                _lines[key] = known with { LastAt = now, Count = known.Count + 1 };
                return true;
            }

            // Whoever makes up lines of its own fills the table, and only loses that they are counted.
            if (_lines.Count < MostLines)
            {
                _lines.Add(key, new Line(logger, Shorten(text()), now, now, Count: 1));
            }

            return false;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void TellOfEnds()
    {
        List<Line> ended = [];
        lock (_gate)
        {
            foreach (var (key, line) in _lines.Where(line => _time.GetElapsedTime(line.Value.LastAt) >= Patience).ToList())
            {
                _lines.Remove(key);
                ended.Add(line);
            }
        }

        foreach (var line in ended.Where(line => line.Count > 1))
        {
            var lasted = TimeSpan.FromSeconds(Math.Round(_time.GetElapsedTime(line.FirstAt, line.LastAt).TotalSeconds));
            line.Logger.LogWarning("It is over, after {Count} times in {Duration}: {Text}", line.Count, lasted, line.Text);
        }
    }

    // The template and those of its values that are not numbers: what happened to whom, and not for the how manieth time.
    private static string? Kind<TState>(TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            return null;
        }

        StringBuilder kind = new();
        foreach (var (name, value) in values)
        {
            if (name == "{OriginalFormat}" || value is not (null or DateTime or DateTimeOffset or TimeSpan or IConvertible { } and not (string or bool or Enum)))
            {
                kind.Append(CultureInfo.InvariantCulture, $"{value}|");
            }
        }

        return kind.Length == 0 ? null : kind.ToString();
    }

    private static string Shorten(string text) =>
        (text.Length <= MostText ? text : text[..MostText] + "…").ReplaceLineEndings(" ");

    private sealed record Line(ILogger Logger, string Text, long FirstAt, long LastAt, long Count);
}
