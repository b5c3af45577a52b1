using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>Decides from facts who may do what with a signer. Pure.</summary>
public static class SignerAuthority
{
    /// <summary>What a caller may do, and on what that rests.</summary>
    /// <param name="Role">The role that was looked for, or the strongest; null for none.</param>
    /// <param name="Actions">What may be done.</param>
    /// <param name="Basis">The signer's version, and those of the groups that gave the role or, where there is none, could have.</param>
    public sealed record Standing(SignerRole? Role, ImmutableArray<SignerAction> Actions, ImmutableArray<StateVersion> Basis);

    /// <summary>
    /// The caller's strongest membership. Roles do not add up: an administrator may do all that the others may, and an
    /// operator all that an auditor may.
    /// </summary>
    public static Standing Of(SignerFacts facts, Caller caller)
    {
        SignerMember? best = null;
        foreach (var member in facts.State.Members)
        {
            if (Covers(facts, member, caller) && (best is null || IsStronger(member, best)))
            {
                best = member;
            }
        }

        if (best is not null)
        {
            ImmutableArray<StateVersion> basis = best.Principal.Kind == PrincipalKind.Group
                ? [facts.Self, facts.Groups[best.Principal.Id].Version]
                : [facts.Self];
            return new Standing(best.Role, Combine(best.Role, caller), basis);
        }

        return new Standing(
            null, IsProductAdministrator(caller) ? SignerPermissions.OfProductAdministrator : [], Consulted(facts));
    }

    /// <summary>
    /// What a refusal rests on: any group could have given the role that was missing, also to somebody who has a weaker one.
    /// </summary>
    public static ImmutableArray<StateVersion> Consulted(SignerFacts facts) =>
        [facts.Self, .. facts.Groups.Values.Select(group => group.Version)];

    /// <summary>
    /// Refuses a caller who may not do this: as if there were nothing, to those who may not even read.
    /// </summary>
    public static Standing Authorize(SignerFacts facts, Caller caller, SignerAction action)
    {
        var standing = Of(facts, caller);
        if (facts.State.IsDeleted || !standing.Actions.Contains(SignerAction.Read))
        {
            throw NotFound();
        }

        return standing.Actions.Contains(action) ? standing : throw new RefusedException(ErrorCode.Forbidden, Sentence(action));
    }

    /// <summary>There is no such signer, or none for this caller.</summary>
    public static RefusedException NotFound() =>
        new(ErrorCode.NotFound, "There is no such signer, or you are not a member of it. Check its name, or ask its administrator.");

    /// <summary>Says which role is needed.</summary>
    public static string Sentence(SignerAction action) => action switch
    {
        SignerAction.Sign => "Your role on this signer does not allow signing. Ask its administrator for the operator role.",
        SignerAction.Request => "Your role on this signer does not allow requests. Ask its administrator for the operator role.",
        SignerAction.BindCertificate => "Only product administrators bind a signer to another certificate.",
        SignerAction.PreApprove => "Only an administrator who is a member of this signer grants ahead.",
        _ => "Only an administrator of this signer may do this.",
    };

    private static bool IsProductAdministrator(Caller caller) => caller.Role == ProductRole.Admin;

    private static ImmutableArray<SignerAction> Combine(SignerRole role, Caller caller) => IsProductAdministrator(caller)
        ? [.. SignerPermissions.Of(role).Union(SignerPermissions.OfProductAdministrator)]
        : SignerPermissions.Of(role);

    private static bool Covers(SignerFacts facts, SignerMember member, Caller caller)
    {
        if (member.Principal.Kind != PrincipalKind.Group)
        {
            return member.Principal.Kind == caller.Kind && member.Principal.Id == caller.Id;
        }

        if (!facts.Groups.TryGetValue(member.Principal.Id, out var group))
        {
            return false;
        }

        foreach (var principal in group.Members)
        {
            if (principal.Kind == caller.Kind && principal.Id == caller.Id)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsStronger(SignerMember member, SignerMember than) =>
        member.Role < than.Role
        || (member.Role == than.Role
            && than.Principal.Kind == PrincipalKind.Group && member.Principal.Kind != PrincipalKind.Group);
}

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
