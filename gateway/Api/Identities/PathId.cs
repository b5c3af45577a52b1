using CodeSigning.Errors;
using CodeSigning.Identifiers;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Ids in paths: what has not the form of one names nothing, and no grain or row is looked for.</summary>
internal static class PathId
{
    /// <summary>The id, if it has the form of one of this kind.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>.</exception>
    public static string Demand(string prefix, string id) => EntityId.Is(prefix, id)
        ? id
        : throw new RefusedException(ErrorCode.NotFound, "There is nothing of this kind with this id.");
}
