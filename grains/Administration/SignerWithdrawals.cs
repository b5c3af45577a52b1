using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// Takes away what a signer allows: these must not wait for the signer's home, which may be away for seconds, so any node
/// commits them on the rows. They hold for every signature that begins after they return. See also <see cref="EmergencyStop"/>.
/// </summary>
/// <remarks>Everything here refuses with <see cref="RefusedException"/>: <c>NotFound</c> also to strangers.</remarks>
public sealed class SignerWithdrawals(
    ILedger ledger,
    SignerFactsReader reader,
    SignerDirectory directory,
    TimeProvider time)
{
    /// <summary>Switches a signer off.</summary>
    public async Task<SignerView> DisableAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.ManageStatus, cancellationToken);
        if (facts.State.IsDisabled)
        {
            return await directory.ViewAsync(facts, facts.State, cancellationToken);
        }

        var next = facts.State with { IsDisabled = true };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.disable", facts, next, facts.To(next), time).Reading(standing.Basis),
            cancellationToken);
        return await directory.ViewAsync(facts, next, cancellationToken);
    }

    /// <summary>Removes a member; the last administrator stays.</summary>
    public async Task RemoveMemberAsync(
        Caller caller, string signerId, string memberId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.ManageMembers, cancellationToken);
        var next = facts.State.WithoutMember(memberId);
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.remove-member", facts, next, facts.To(next), time).Reading(standing.Basis),
            cancellationToken);
    }

    /// <summary>Deletes a signer; its ledger entries stay, and its name is not free again.</summary>
    public async Task DeleteAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.Edit, cancellationToken);
        var next = facts.State with { IsDeleted = true, IsDisabled = true };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.delete", facts, next, facts.To(next).Saying("name", next.Name), time).Reading(standing.Basis),
            cancellationToken);
    }
}
