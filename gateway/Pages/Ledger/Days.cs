using System.Globalization;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Pages.Ledger;

/// <summary>Days of forms, in UTC.</summary>
internal static class Days
{
    private const string Format = "yyyy-MM-dd";

    /// <summary>The beginning of a day; null if none is given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static DateTimeOffset? Parse(string? text, string parameter) => text is null ? null
        : DateOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)
        : throw new RefusedException(ErrorCode.InvalidRequest, $"The parameter '{parameter}' is invalid: expected a day such as 2026-01-31.");
}
