using System.Globalization;
using CodeSigning.Errors;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>The words of a query that filter entries.</summary>
internal static class EntryFilter
{
    private const int OffsetLength = 6;

    /// <summary>An outcome, or null where none is given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static EntryOutcome? ParseOutcome(string? word, string parameter) => word switch
    {
        null => null,
        "success" => EntryOutcome.Success,
        "failed" => EntryOutcome.Failed,
        "denied" => EntryOutcome.Denied,
        _ => throw Refuse(parameter, "one of success, failed, denied"),
    };

    /// <summary>A kind, or null where none is given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static EntryKind? ParseKind(string? word) => word switch
    {
        null => null,
        "sign" => EntryKind.Sign,
        "admin" => EntryKind.Admin,
        _ => throw Refuse("kind", "sign or admin"),
    };

    /// <summary>A time, or null where none is given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static DateTimeOffset? ParseTime(string? text, string parameter)
    {
        if (text is null)
        {
            return null;
        }

        // Without an offset, which RFC 3339 demands, K would take nothing: then the text ends in a digit of its seconds.
        var hasOffset = text.EndsWith('Z') || (text.Length > OffsetLength && text[^OffsetLength] is '+' or '-');
        return hasOffset && DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : throw Refuse(parameter, "a time such as 2026-01-31T12:00:00Z");
    }

    private static RefusedException Refuse(string parameter, string what) =>
        new(ErrorCode.InvalidRequest, $"The parameter {parameter} must be {what}.");
}
