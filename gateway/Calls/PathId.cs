using CodeSigning.Errors;
using CodeSigning.Identifiers;

namespace CodeSigning.Gateway.Calls;

/// <summary>Ids in paths and queries: what has not the form of one names nothing, and no grain or row is looked for.</summary>
internal static class PathId
{
    /// <summary>The id, if it has the form of one of this kind.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>.</exception>
    public static string Validate(string prefix, string id) => EntityId.Is(prefix, id)
        ? id
        : throw new RefusedException(ErrorCode.NotFound, "There is nothing of this kind with this id.");

    /// <summary>The id by which a list is filtered; null where none is given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: it has not the form of one of these kinds.</exception>
    public static string? ValidateFilter(string? id, string parameter, params ReadOnlySpan<string> prefixes)
    {
        if (id is null)
        {
            return null;
        }

        foreach (var prefix in prefixes)
        {
            if (EntityId.Is(prefix, id))
            {
                return id;
            }
        }

        throw new RefusedException(ErrorCode.InvalidRequest, $"The parameter {parameter} must be an id of the kind that it names.");
    }
}
