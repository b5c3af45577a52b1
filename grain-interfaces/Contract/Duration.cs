using System.Globalization;

namespace CodeSigning.Contract;

/// <summary>
/// Durations in the contract's format: a whole number and a unit, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>.
/// </summary>
public static class Duration
{
    /// <summary>Parses a duration such as <c>4h</c> or <c>1d</c>, greater than zero and at most 3650 days.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null || text.Length is < 2 or > 10
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        long seconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        if (seconds == 0 || count == 0 || count * seconds > 3650L * 86400)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(count * seconds);
        return true;
    }

    /// <summary>Formats a duration of whole seconds with the largest unit that divides it.</summary>
    public static string ToText(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        return seconds switch
        {
            _ when seconds % 86400 == 0 => Spell(seconds / 86400, 'd'),
            _ when seconds % 3600 == 0 => Spell(seconds / 3600, 'h'),
            _ when seconds % 60 == 0 => Spell(seconds / 60, 'm'),
            _ => Spell(seconds, 's'),
        };
    }

    private static string Spell(long count, char unit) => string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
}
