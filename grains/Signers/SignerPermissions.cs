using System.Collections.Immutable;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>The contract's table of roles, the one place that says who may do what with a signer.</summary>
public static class SignerPermissions
{
    // A certificate's id is seen by all who may read a signer on it. Who could bind a signer of their own to any would sign
    // with another team's key, or with their own past its policy.
    private static readonly ImmutableArray<SignerAction> Administrator =
        [.. Enum.GetValues<SignerAction>().Where(action => action != SignerAction.BindCertificate)];

    private static readonly ImmutableArray<SignerAction> Operator =
        [SignerAction.Read, SignerAction.Sign, SignerAction.Request];

    private static readonly ImmutableArray<SignerAction> Auditor = [SignerAction.Read];

    /// <summary>
    /// A product administrator manages every signer, but does not sign, ask or grant with one it is not a member of.
    /// </summary>
    private static readonly ImmutableArray<SignerAction> ProductAdministrator =
    [
        SignerAction.Read, SignerAction.Edit, SignerAction.ManageMembers, SignerAction.ManagePolicy,
        SignerAction.ManageStatus, SignerAction.Revoke, SignerAction.BindCertificate,
    ];

    /// <summary>What a member of this role may do.</summary>
    public static ImmutableArray<SignerAction> Of(SignerRole role) => role switch
    {
        SignerRole.Administrator => Administrator,
        SignerRole.Operator => Operator,
        SignerRole.Auditor => Auditor,
        _ => [],
    };

    /// <summary>What a product administrator may do without being a member.</summary>
    public static ImmutableArray<SignerAction> OfProductAdministrator => ProductAdministrator;

    /// <summary>Whether a member of this role may do this.</summary>
    public static bool Allow(SignerRole role, SignerAction action) => Of(role).Contains(action);
}
