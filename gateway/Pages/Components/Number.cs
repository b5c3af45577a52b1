using System.Globalization;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Pages.Components;

/// <summary>Whole numbers of forms.</summary>
internal static class Number
{
    /// <summary>Parses a number; null for nothing.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static long? Parse(string? text, string field) => text is null ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is invalid: expected a whole number.");

    /// <summary>The same as a number of 32 bits: one that is too large is the largest, which no limit allows.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static int? ParseInt32(string? text, string field) => Parse(text, field) is { } number ? (int)Math.Min(number, int.MaxValue) : null;
}
