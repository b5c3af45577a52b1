using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>Authorizes actions on a signer from facts. Pure functions.</summary>
public static class SignerAuthority
{
    /// <summary>A caller's rights, and the read set of that decision.</summary>
    /// <param name="Role">The strongest role; null for none.</param>
    /// <param name="Actions">The allowed actions.</param>
    /// <param name="ReadSet">
    /// The versions of the signer and of the group that gave the role or, without a role, of all groups that could
    /// have.
    /// </param>
    public sealed record Standing(SignerRole? Role, ImmutableArray<SignerAction> Actions, ImmutableArray<StateVersion> ReadSet);

    /// <summary>
    /// The rights by the caller's strongest membership. Each role includes the weaker ones, so memberships need not be
    /// combined.
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
            ImmutableArray<StateVersion> readSet = best.Principal.Kind == PrincipalKind.Group
                ? [facts.Self, facts.Groups[best.Principal.Id].Version]
                : [facts.Self];
            return new Standing(best.Role, Combine(best.Role, caller), readSet);
        }

        return new Standing(
            null, IsProductAdministrator(caller) ? SignerPermissions.OfProductAdministrator : [], Consulted(facts));
    }

    /// <summary>
    /// The read set of a refusal: any group could have given the missing role, even to a caller with a weaker one.
    /// </summary>
    public static ImmutableArray<StateVersion> Consulted(SignerFacts facts) =>
        [facts.Self, .. facts.Groups.Values.Select(group => group.Version)];

    /// <summary>
    /// Refuses a caller who may not do this; with <c>NotFound</c> if the caller may not even read the signer.
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

    /// <summary>The refusal for a signer that does not exist or that the caller may not see.</summary>
    public static RefusedException NotFound() =>
        new(ErrorCode.NotFound, "The signer does not exist or you are not a member of it: check its name, or ask its administrator.");

    /// <summary>The refusal message for an action, naming the required role.</summary>
    public static string Sentence(SignerAction action) => action switch
    {
        SignerAction.Sign => "Your role on this signer does not allow signing: ask its administrator for the operator role.",
        SignerAction.Request => "Your role on this signer does not allow requests: ask its administrator for the operator role.",
        SignerAction.BindCertificate => "Only product administrators may bind a signer to another certificate.",
        SignerAction.PreApprove => "Only an administrator who is a member of this signer may pre-approve.",
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

/// <summary>The contract's table of roles and actions.</summary>
public static class SignerPermissions
{
    // All readers of a signer see its certificate's id. If administrators could bind any certificate, they could sign
    // with another team's key, or bypass the policy on their own.
    private static readonly ImmutableArray<SignerAction> Administrator =
        [.. Enum.GetValues<SignerAction>().Where(action => action != SignerAction.BindCertificate)];

    private static readonly ImmutableArray<SignerAction> Operator =
        [SignerAction.Read, SignerAction.Sign, SignerAction.Request];

    private static readonly ImmutableArray<SignerAction> Auditor = [SignerAction.Read];

    /// <summary>
    /// A product administrator manages every signer, but cannot sign, request or pre-approve without being a member.
    /// </summary>
    private static readonly ImmutableArray<SignerAction> ProductAdministrator =
    [
        SignerAction.Read, SignerAction.Edit, SignerAction.ManageMembers, SignerAction.ManagePolicy,
        SignerAction.ManageStatus, SignerAction.Revoke, SignerAction.BindCertificate,
    ];

    /// <summary>The actions of a role.</summary>
    public static ImmutableArray<SignerAction> Of(SignerRole role) => role switch
    {
        SignerRole.Administrator => Administrator,
        SignerRole.Operator => Operator,
        SignerRole.Auditor => Auditor,
        _ => [],
    };

    /// <summary>The actions of a product administrator without membership.</summary>
    public static ImmutableArray<SignerAction> OfProductAdministrator => ProductAdministrator;

    /// <summary>Whether a role allows an action.</summary>
    public static bool Allow(SignerRole role, SignerAction action) => Of(role).Contains(action);
}
