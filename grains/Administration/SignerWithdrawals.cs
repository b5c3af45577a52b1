using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// Withdraws rights on a signer. Any node commits these on the rows, since they must not wait for the signer's home,
/// which may be unavailable for seconds. They are in force for every signature that begins after they return. See also
/// <see cref="EmergencyStop"/>.
/// </summary>
/// <remarks>
/// Every method refuses with <see cref="RefusedException"/>; callers who may not see the signer get <c>NotFound</c>.
/// </remarks>
public sealed class SignerWithdrawals(
    IStateStore store,
    ILedger ledger,
    SignerFactsReader reader,
    SignerDirectory directory,
    TimeProvider time)
{
    /// <summary>Disables a signer.</summary>
    public async Task<SignerView> DisableAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.ManageStatus, cancellationToken);
        if (facts.State.IsDisabled)
        {
            return await directory.ViewAsync(caller, facts, facts.State, cancellationToken);
        }

        var next = facts.State with { IsDisabled = true };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.disable", facts, next, facts.To(next), time).Reading(standing.ReadSet),
            cancellationToken);
        return await directory.ViewAsync(caller, facts, next, cancellationToken);
    }

    /// <summary>
    /// Removes a member, given by the membership's id or the member's id, name or email address; the last administrator
    /// cannot be removed.
    /// </summary>
    public async Task RemoveMemberAsync(
        Caller caller, string signerId, string memberId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.ManageMembers, cancellationToken);
        var next = facts.State.WithoutMember(
            await facts.State.FindMemberIdAsync(store, caller, memberId, cancellationToken));
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.remove-member", facts, next, facts.To(next), time).Reading(standing.ReadSet),
            cancellationToken);
    }

    /// <summary>Deletes a signer; its ledger entries stay, and its name stays reserved.</summary>
    public async Task DeleteAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.Edit, cancellationToken);
        var next = facts.State with { IsDeleted = true, IsDisabled = true };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.delete", facts, next, facts.To(next).Saying("name", next.Name), time).Reading(standing.ReadSet),
            cancellationToken);
    }
}
