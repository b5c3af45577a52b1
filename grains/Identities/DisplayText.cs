using System.Globalization;
using System.Text;
using CodeSigning.Errors;

namespace CodeSigning.Grains.Identities;

/// <summary>Rules for text that people see and compare: nothing in it may be invisible or turn the text around it.</summary>
internal static class DisplayText
{
    private const int MaxNameLength = 64;
    private const int MaxDescriptionLength = 256;
    private const int MaxReasonLength = 1024;

    /// <summary>A name as given, if it may be one.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string ValidateName(string? name)
    {
        if (name is null || name.Length is 0 or > MaxNameLength || name != name.Trim() || !IsVisible(name))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest,
                "A name has 1 to 64 characters, all of them visible, and neither begins nor ends with a space.");
        }

        return name;
    }

    /// <summary>A description as given, if it may be one; null stays null.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string? ValidateDescription(string? description)
    {
        if (description is not null && (description.Length > MaxDescriptionLength || !IsVisible(description)))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "A description has at most 256 characters, all of them visible.");
        }

        return description;
    }

    /// <summary>Refuses a reason that tells nothing, or too much.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void ValidateReason(string? reason)
    {
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > MaxReasonLength)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"Give a reason of 1 to {MaxReasonLength} characters.");
        }
    }

    private static bool IsVisible(string text)
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
