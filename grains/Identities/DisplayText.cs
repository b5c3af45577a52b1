using System.Globalization;
using System.Text;
using CodeSigning.Errors;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Rules for text that people see and compare: no invisible characters and none that change the text direction.
/// </summary>
internal static class DisplayText
{
    private const int MaxNameLength = 64;
    private const int MaxDescriptionLength = 256;
    private const int MaxReasonLength = 1024;

    /// <summary>Returns the name if it is valid.</summary>
    /// <param name="name">The name.</param>
    /// <param name="field">What messages call it.</param>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string ValidateName(string? name, string field = "The field 'name'")
    {
        if (name is null || name.Length is 0 or > MaxNameLength || name != name.Trim() || !IsVisible(name))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest,
                $"{field} is invalid: expected 1 to 64 visible characters without leading or trailing spaces.");
        }

        return name;
    }

    /// <summary>Whether a text could be a name; what could not is not looked up.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= MaxNameLength && IsVisible(text);

    /// <summary>Returns the description if it is valid; null is valid.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string? ValidateDescription(string? description)
    {
        if (description is not null && (description.Length > MaxDescriptionLength || !IsVisible(description)))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'description' is invalid: expected at most 256 visible characters.");
        }

        return description;
    }

    /// <summary>Refuses a reason that is blank or too long.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void ValidateReason(string? reason)
    {
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > MaxReasonLength)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'reason' is invalid: expected 1 to {MaxReasonLength} characters.");
        }
    }

    /// <summary>Whether a text has no invisible characters and none that change the text direction.</summary>
    public static bool IsVisible(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                return false;
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned)
            {
                return false;
            }

            i += rune.Utf16SequenceLength;
        }

        return true;
    }
}
