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
}
