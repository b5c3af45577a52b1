using System.Collections.Immutable;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signing;

namespace CodeSigning.Signers;

/// <summary>A named signing identity; its key is its id. It decides from memory who may do what with it.</summary>
/// <remarks>Everything here refuses with <see cref="Errors.RefusedException"/>: <c>NotFound</c> also to strangers.</remarks>
[Alias("codesigning.ISignerGrain")]
public interface ISignerGrain : IGrainWithStringKey
{
    /// <summary>Makes the signer; the caller becomes its administrator. Product administrators only.</summary>
    [Alias("Create")]
    Task<SignerView> CreateAsync(Caller caller, CreateSigner request, CancellationToken cancellationToken);

    /// <summary>The signer as the caller may see it.</summary>
    [ReadOnly, Alias("Get")]
    Task<SignerView> GetAsync(Caller caller);

    /// <summary>Changes name, description, certificate or policy.</summary>
    [Alias("Update")]
    Task<SignerView> UpdateAsync(Caller caller, UpdateSigner request, CancellationToken cancellationToken);

    /// <summary>Switches the signer on or off; off holds for every signature that begins after this returns.</summary>
    [Alias("ChangeStatus")]
    Task<SignerView> ChangeStatusAsync(Caller caller, ChangeSignerStatus request, CancellationToken cancellationToken);

    /// <summary>Does what an approved request asks of the signer's policy; does nothing where that has been done.</summary>
    [Alias("ApplyPolicyChange")]
    Task ApplyPolicyChangeAsync(string requestId, CancellationToken cancellationToken);

    /// <summary>
    /// The emergency stop: in one commit disables the signer, revokes its grants and cancels its requests; then waits for
    /// commits under way anywhere and lists every signature made since a time.
    /// </summary>
    [Alias("Stop")]
    Task<StopReport> StopAsync(Caller caller, StopSigner request, CancellationToken cancellationToken);

    /// <summary>Deletes the signer; its ledger entries stay, and its name is not free again.</summary>
    [Alias("Delete")]
    Task DeleteAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>The members.</summary>
    [ReadOnly, Alias("GetMembers")]
    Task<ImmutableArray<MemberView>> GetMembersAsync(Caller caller);

    /// <summary>Adds a member; <c>Conflict</c> where it is one already.</summary>
    [Alias("AddMember")]
    Task<MemberView> AddMemberAsync(Caller caller, NewMember member, CancellationToken cancellationToken);

    /// <summary>Gives a member another role; the last administrator keeps it.</summary>
    [Alias("ChangeMember")]
    Task<MemberView> ChangeMemberAsync(Caller caller, string memberId, ChangeMember change, CancellationToken cancellationToken);

    /// <summary>Removes a member; the last administrator stays.</summary>
    [Alias("RemoveMember")]
    Task RemoveMemberAsync(Caller caller, string memberId, CancellationToken cancellationToken);

    /// <summary>What the caller may do here.</summary>
    [ReadOnly, Alias("GetPermissions")]
    Task<PermissionsView> GetPermissionsAsync(Caller caller);

    /// <summary>Whether the caller may do this, on fresh facts; refuses otherwise.</summary>
    [ReadOnly, Alias("Authorize")]
    Task<SignerAccess> AuthorizeAsync(Caller caller, SignerAction action);

    /// <summary>
    /// May this caller sign this now, and on which grants? From memory; facts that <paramref name="stale"/> names are read
    /// again first. Never throws for a refusal: that is a decision too, and becomes an entry.
    /// </summary>
    [AlwaysInterleave, Alias("Decide")]
    Task<SigningDecision> DecideAsync(Caller caller, SigningQuestion question, ImmutableArray<StateVersion> stale);
}
