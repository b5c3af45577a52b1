using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>The role of a signer's member. Written as <c>administrator</c>, <c>operator</c> and <c>auditor</c>.</summary>
public enum SignerRole
{
    /// <summary>Every action on the signer.</summary>
    Administrator = 1,

    /// <summary>Sign, request, cancel own requests, read.</summary>
    Operator = 2,

    /// <summary>Read members, activity and ledger; export the certificate.</summary>
    Auditor = 3,
}

/// <summary>What can be done with a signer; see the contract's table of roles.</summary>
public enum SignerAction
{
    /// <summary>See the signer, its members, certificate, activity, requests and grants.</summary>
    Read = 1,

    /// <summary>Change name and description, or delete it.</summary>
    Edit,

    /// <summary>Add, change and remove members.</summary>
    ManageMembers,

    /// <summary>Attach, change and detach the signing policy.</summary>
    ManagePolicy,

    /// <summary>Enable, disable, stop.</summary>
    ManageStatus,

    /// <summary>Create a grant without a request.</summary>
    PreApprove,

    /// <summary>Revoke grants.</summary>
    Revoke,

    /// <summary>Make signatures.</summary>
    Sign,

    /// <summary>Request a grant.</summary>
    Request,

    /// <summary>Bind it to another certificate, and thereby to another key. Product administrators only.</summary>
    BindCertificate,
}

/// <summary>A member of a signer.</summary>
/// <param name="MemberId">The membership's id.</param>
/// <param name="Kind">A person, a machine identity or a group.</param>
/// <param name="Id">Its id.</param>
/// <param name="Role">Its role for the signer.</param>
/// <param name="Name">Its name, for people.</param>
[GenerateSerializer, Immutable, Alias("codesigning.MemberView")]
public sealed record MemberView(
    [property: Id(0)] string MemberId,
    [property: Id(1)] PrincipalKind Kind,
    [property: Id(2)] string Id,
    [property: Id(3)] SignerRole Role,
    [property: Id(4)] string? Name = null);

/// <summary>The body that adds a member.</summary>
/// <param name="Kind">A person, a machine identity or a group.</param>
/// <param name="Id">Its id, or the name of a machine identity or a group, or a person's email address.</param>
/// <param name="Role">Its role for the signer.</param>
[GenerateSerializer, Immutable, Alias("codesigning.NewMember")]
public sealed record NewMember(
    [property: Id(0), Offers(PrincipalKind.User, PrincipalKind.Identity, PrincipalKind.Group)] PrincipalKind Kind, [property: Id(1)] string Id, [property: Id(2)] SignerRole Role);

/// <summary>The body that changes a member's role.</summary>
/// <param name="Role">The new role.</param>
[GenerateSerializer, Immutable, Alias("codesigning.ChangeMember")]
public sealed record ChangeMember([property: Id(0)] SignerRole Role);

/// <summary>The caller's permissions for a signer.</summary>
/// <param name="Role">Its role, if it is a member.</param>
/// <param name="Actions">The allowed actions.</param>
public sealed record PermissionsView(
    SignerRole? Role, ImmutableArray<SignerAction> Actions);
