using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Administration;

/// <summary>Decides and describes changes of signers.</summary>
internal static class SignerChange
{
    /// <summary>Reads a signer and authorizes an action on it.</summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>NotFound</c>, also for callers who may not see the signer; <c>Forbidden</c>.
    /// </exception>
    public static async Task<(SignerFacts Facts, SignerAuthority.Standing Standing)> AuthorizeAsync(
        this SignerFactsReader reader, Caller caller, string signerId, SignerAction action, CancellationToken cancellationToken)
    {
        var facts = await reader.ReadAsync(signerId, cancellationToken) ?? throw SignerAuthority.NotFound();
        return (facts, SignerAuthority.Authorize(facts, caller, action));
    }

    /// <summary>The differences to the next state of a signer.</summary>
    public static Changes To(this SignerFacts facts, SignerState next) =>
        Changes.Between(facts.State.ToRecord(), next.ToRecord());

    /// <summary>The change from one state of a signer into the next, with the read set of the decision.</summary>
    public static LedgerElement Describe(
        Caller caller, string action, SignerFacts facts, SignerState next, Changes changes, TimeProvider time) =>
        Change.By(caller, action, StateTypes.Signer, next.Id, changes, time)
            .About(next.Id, next.Name)
            .Writing(facts.Signer.Replace(next));
}

/// <summary>State transitions of a signer: return the next state or refuse. Pure functions.</summary>
public static class SignerChanges
{
    /// <summary>The maximum number of members.</summary>
    public const int MaxMembers = 100;

    private const int MaxDescription = 256;

    /// <summary>Validates a description; null is valid.</summary>
    public static string? ValidateDescription(string? description) =>
        description is null || (description.Length <= MaxDescription && !description.Any(char.IsControl))
            ? description
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"The description is invalid: expected at most {MaxDescription} characters without control characters.");

    /// <summary>Adds a member.</summary>
    public static SignerState WithMember(this SignerState state, SignerMember member)
    {
        if (state.Members.Any(present => present.Principal == member.Principal))
        {
            throw new RefusedException(ErrorCode.Conflict, "The principal is already a member: change its role instead.");
        }

        return state.Members.Count < MaxMembers
            ? state with { Members = [.. state.Members, member] }
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"A signer has at most {MaxMembers} members: use groups.");
    }

    /// <summary>Changes a member's role.</summary>
    public static SignerState WithRole(this SignerState state, string memberId, SignerRole role)
    {
        var member = state.FindMember(memberId);
        return (state with
        {
            Members = [.. state.Members.Select(present => present == member ? present with { Role = role } : present)],
        }).RequireAdministrator();
    }

    /// <summary>Removes a member.</summary>
    public static SignerState WithoutMember(this SignerState state, string memberId)
    {
        var member = state.FindMember(memberId);
        return (state with { Members = [.. state.Members.Where(present => present != member)] }).RequireAdministrator();
    }

    /// <summary>The member with this id.</summary>
    public static SignerMember FindMember(this SignerState state, string memberId) =>
        state.Members.FirstOrDefault(member => member.MemberId == memberId)
        ?? throw new RefusedException(ErrorCode.NotFound, "The member does not exist on this signer.");

    /// <summary>Requires at least one administrator. A group counts, whoever its members are.</summary>
    private static SignerState RequireAdministrator(this SignerState state) =>
        state.Members.Any(member => member.Role == SignerRole.Administrator)
            ? state
            : throw new RefusedException(
                ErrorCode.WrongState, "The signer must keep at least one administrator: add another administrator first.");

    /// <summary>Validates a member's kind and role.</summary>
    public static PrincipalRef ValidatePrincipal(this NewMember member) =>
        member.Kind is PrincipalKind.User or PrincipalKind.Identity or PrincipalKind.Group && Enum.IsDefined(member.Role)
            ? new PrincipalRef(member.Kind, member.Id)
            : throw new RefusedException(
                ErrorCode.InvalidRequest, "The member is invalid: expected a user, an identity or a group, as administrator, operator or auditor.");
}
