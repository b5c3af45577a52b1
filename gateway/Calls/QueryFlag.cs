using CodeSigning.Errors;

namespace CodeSigning.Gateway.Calls;

/// <summary>Parses query parameters that are true or false.</summary>
internal static class QueryFlag
{
    /// <summary>Parses a flag; false if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static bool Parse(string? text, string parameter) => text switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, $"The parameter '{parameter}' is invalid: expected true or false, once."),
    };
}
