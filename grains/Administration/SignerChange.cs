using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Administration;

/// <summary>A change of a signer that was decided on fresh facts.</summary>
internal static class SignerChange
{
    /// <summary>Reads a signer and decides whether the caller may do this to it.</summary>
    /// <exception cref="Errors.RefusedException"><c>NotFound</c> also to strangers; <c>Forbidden</c>.</exception>
    public static async Task<(SignerFacts Facts, SignerAuthority.Standing Standing)> AuthorizeAsync(
        this SignerFactsReader reader, Caller caller, string signerId, SignerAction action, CancellationToken cancellationToken)
    {
        var facts = await reader.ReadAsync(signerId, cancellationToken) ?? throw SignerAuthority.NotFound();
        return (facts, SignerAuthority.Authorize(facts, caller, action));
    }

    /// <summary>What differs between two states of a signer.</summary>
    public static Changes To(this SignerFacts facts, SignerState next) =>
        Changes.Between(facts.State.ToRecord(), next.ToRecord());

    /// <summary>The change from one state of a signer into the next, with the read set of the decision.</summary>
    public static LedgerElement Describe(
        Caller caller, string action, SignerFacts facts, SignerState next, Changes changes, TimeProvider time) =>
        Change.By(caller, action, StateTypes.Signer, next.Id, changes, time)
            .About(next.Id, next.Name)
            .Writing(facts.Signer.Replace(next));
}

/// <summary>What may become of a signer: one state in, the next one out, or a refusal. Pure.</summary>
public static class SignerChanges
{
    /// <summary>The most members that a signer has.</summary>
    public const int MaxMembers = 100;

    private const int MaxDescription = 256;

    /// <summary>A description of bounded length without control characters.</summary>
    public static string? ValidateDescription(string? description) =>
        description is null || (description.Length <= MaxDescription && !description.Any(char.IsControl))
            ? description
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"A description is at most {MaxDescription} characters, without control characters.");

    /// <summary>With one more member.</summary>
    public static SignerState WithMember(this SignerState state, SignerMember member)
    {
        if (state.Members.Any(present => present.Principal == member.Principal))
        {
            throw new RefusedException(ErrorCode.Conflict, "It is a member already. Change its role instead.");
        }

        return state.Members.Count < MaxMembers
            ? state with { Members = [.. state.Members, member] }
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"A signer has at most {MaxMembers} members. Use groups.");
    }

    /// <summary>With a member in another role.</summary>
    public static SignerState WithRole(this SignerState state, string memberId, SignerRole role)
    {
        var member = state.FindMember(memberId);
        return (state with
        {
            Members = [.. state.Members.Select(present => present == member ? present with { Role = role } : present)],
        }).RequireAdministrator();
    }

    /// <summary>Without a member.</summary>
    public static SignerState WithoutMember(this SignerState state, string memberId)
    {
        var member = state.FindMember(memberId);
        return (state with { Members = [.. state.Members.Where(present => present != member)] }).RequireAdministrator();
    }

    /// <summary>The member of this id.</summary>
    public static SignerMember FindMember(this SignerState state, string memberId) =>
        state.Members.FirstOrDefault(member => member.MemberId == memberId)
        ?? throw new RefusedException(ErrorCode.NotFound, "The signer has no such member.");

    /// <summary>Somebody must be left who can manage the signer. A group counts: who is in it is its own affair.</summary>
    private static SignerState RequireAdministrator(this SignerState state) =>
        state.Members.Any(member => member.Role == SignerRole.Administrator)
            ? state
            : throw new RefusedException(
                ErrorCode.WrongState, "A signer keeps at least one administrator. Make somebody else one first.");

    /// <summary>A member's kind must be one that can be a member.</summary>
    public static PrincipalRef ValidatePrincipal(this NewMember member) =>
        member.Kind is PrincipalKind.User or PrincipalKind.Identity or PrincipalKind.Group && Enum.IsDefined(member.Role)
            ? new PrincipalRef(member.Kind, member.Id)
            : throw new RefusedException(
                ErrorCode.InvalidRequest, "A member is a user, an identity or a group, and administrator, operator or auditor.");
}
