using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
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
                ErrorCode.InvalidRequest, $"The field 'description' is invalid: expected at most {MaxDescription} characters without control characters.");

    /// <summary>Adds a member.</summary>
    public static SignerState WithMember(this SignerState state, SignerMember member, string? calledAs = null)
    {
        if (state.Members.FirstOrDefault(present => present.Principal == member.Principal) is { } known)
        {
            throw new RefusedException(
                ErrorCode.Conflict,
                $"'{calledAs ?? member.Principal.Id}' is already a member of the signer '{state.Name}', with the role {known.Role.ToString().ToLowerInvariant()}: "
                + $"to change the role, PATCH the member {known.MemberId}.");
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

    /// <summary>The member with this membership's id, or with this principal's.</summary>
    public static SignerMember FindMember(this SignerState state, string id) =>
        state.Members.FirstOrDefault(member => member.MemberId == id)
        ?? state.Members.FirstOrDefault(member => member.Principal.Id == id)
        ?? throw new RefusedException(
            ErrorCode.NotFound,
            $"The signer '{state.Name}' has no such member: expected the id of a membership or of its member, or the member's name or email address.");

    /// <summary>The id of the membership that a text names: by its own id, or by its member's id, name or email address.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>; <c>InvalidRequest</c> if several members have the name.</exception>
    internal static async Task<string> FindMemberIdAsync(
        this SignerState state, IStateStore store, Caller caller, string idOrName, CancellationToken cancellationToken)
    {
        if (EntityId.Is(IdPrefixes.Member, idOrName))
        {
            return idOrName;
        }

        var principals = state.Members.Select(member => member.Principal).ToArray();
        var named = await PrincipalLookup.FindAmongAsync(store, caller, principals, idOrName, cancellationToken);
        return state.FindMember(named?.Id ?? idOrName).MemberId;
    }

    /// <summary>Requires at least one administrator. A group counts, whoever its members are.</summary>
    private static SignerState RequireAdministrator(this SignerState state) =>
        state.Members.Any(member => member.Role == SignerRole.Administrator)
            ? state
            : throw new RefusedException(
                ErrorCode.WrongState, "The signer must keep at least one administrator: add another administrator first.");

    /// <summary>Validates a member's kind.</summary>
    /// <param name="member">The member.</param>
    /// <param name="path">The path of its fields in the body, such as <c>members[0].</c>.</param>
    public static PrincipalRef ValidatePrincipal(this NewMember member, string path) =>
        member.Kind is PrincipalKind.User or PrincipalKind.Identity or PrincipalKind.Group
            ? new PrincipalRef(member.Kind, member.Id)
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"The field '{path}kind' is invalid: expected user, identity or group.");
}
