using CodeSigning.Errors;
using CodeSigning.Identifiers;

namespace CodeSigning.Gateway.Calls;

/// <summary>Validates ids in paths and queries, so that a malformed id reaches neither grain nor store.</summary>
internal static class PathId
{
    /// <summary>Returns the id if it is well-formed.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>.</exception>
    public static string Validate(string prefix, string id) => EntityId.Is(prefix, id)
        ? id
        : throw new RefusedException(ErrorCode.NotFound, "The object does not exist: its id is malformed.");

    /// <summary>The id of a list filter; null if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: it is not a well-formed id of this kind.</exception>
    public static string? ValidateFilter(string? id, string parameter, string prefix) => id is null || EntityId.Is(prefix, id)
        ? id
        : throw new RefusedException(ErrorCode.InvalidRequest, $"The parameter '{parameter}' is invalid: expected an id that begins with {prefix}_.");
}
