using CodeSigning.Errors;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Members as forms name them. Pure functions.</summary>
internal static class PostedMember
{
    /// <summary>A kind as the API writes it.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static PrincipalKind KindOf(string? word, string field = "kind") => word switch
    {
        "user" => PrincipalKind.User,
        "identity" => PrincipalKind.Identity,
        "group" => PrincipalKind.Group,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is invalid: expected user, identity or group."),
    };

    /// <summary>A role as the API writes it.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static SignerRole RoleOf(string? word, string field = "role") => word switch
    {
        "administrator" => SignerRole.Administrator,
        "operator" => SignerRole.Operator,
        "auditor" => SignerRole.Auditor,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is invalid: expected administrator, operator or auditor."),
    };
}
