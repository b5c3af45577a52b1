using System.Globalization;
using CodeSigning.Contract;

namespace CodeSigning.Gateway.Pages.Components;

/// <summary>Times as people read them. Pure functions.</summary>
internal static class TimeText
{
    /// <summary>Such as <c>26 Nov 2026 18:40 UTC</c>.</summary>
    public static string Of(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM yyyy HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>How far away a time is, such as <c>in 3 hours</c> or <c>2 days ago</c>.</summary>
    public static string Distance(DateTimeOffset at, DateTimeOffset now)
    {
        var distance = (at - now).Duration();
        return distance < TimeSpan.FromMinutes(1) ? "now"
            : at > now ? $"in {Length(distance)}" : $"{Length(distance)} ago";
    }

    /// <summary>A length of time in its largest unit, such as <c>3 hours</c>.</summary>
    public static string Length(TimeSpan length) => length switch
    {
        { TotalDays: >= 2 } => Count(length.TotalDays, "day"),
        { TotalHours: >= 1 } => Count(length.TotalHours, "hour"),
        _ => Count(length.TotalMinutes, "minute"),
    };

    /// <summary>A duration of the API such as <c>90m</c> as <c>90 minutes</c>, in the unit that it was given in.</summary>
    public static string LengthOf(string text) => Duration.TryParse(text, out var length)
        ? text[^1] switch
        {
            's' => Count(length.TotalSeconds, "second"),
            'm' => Count(length.TotalMinutes, "minute"),
            'h' => Count(length.TotalHours, "hour"),
            _ => Count(length.TotalDays, "day"),
        }
        : text;

    private static string Count(double count, string unit)
    {
        var whole = (long)count;
        return whole == 1 ? $"1 {unit}" : string.Create(CultureInfo.InvariantCulture, $"{whole:n0} {unit}s");
    }
}
