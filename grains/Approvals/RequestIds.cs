using CodeSigning.Identifiers;

namespace CodeSigning.Grains.Approvals;

/// <summary>A grant's id derives from its request's, so no request can ever have two.</summary>
public static class RequestIds
{
    /// <summary>The id of the grant that comes of a request.</summary>
    public static string GrantOf(string requestId) => IdPrefixes.Grant + requestId[IdPrefixes.ApprovalRequest.Length..];
}
