using System.Text.RegularExpressions;
using CodeSigning.Gateway.Problems;

namespace CodeSigning.Gateway.Pages.Components;

/// <summary>Why a form was refused.</summary>
/// <param name="Form">The form's name.</param>
/// <param name="Code">The stable code.</param>
/// <param name="Field">The field that the message is about; null for the whole form.</param>
/// <param name="Message">The message.</param>
/// <param name="Status">The HTTP status.</param>
internal sealed partial record FormFailure(string Form, ErrorCode Code, string? Field, string Message, int Status)
{
    /// <summary>The failure of an exception that tells the caller what to do; null for a fault, and where there is no session.</summary>
    public static FormFailure? Find(string form, Exception exception) =>
        ExceptionProblems.Find(exception) is { } problem
            ? new FormFailure(form, problem.Code, FieldOf(problem.Detail), problem.Detail, problem.Status)
            : null;

    /// <summary>A failure that the page itself found.</summary>
    public static FormFailure Of(string form, string? field, string message) =>
        new(form, ErrorCode.InvalidRequest, field, message, ErrorCodeTable.StatusOf(ErrorCode.InvalidRequest));

    /// <summary>Whether it is about a field, or about a value of a field that takes several.</summary>
    public bool IsAt(string field) => Field is not null && (Field == field || Index().Replace(Field, "") == field);

    private static string? FieldOf(string message) => FieldName().Match(message) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("^The field '([^']+)'")]
    private static partial Regex FieldName();

    [GeneratedRegex(@"\[\d+\]$")]
    private static partial Regex Index();
}
