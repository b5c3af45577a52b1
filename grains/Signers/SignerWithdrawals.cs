using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// Takes away what a signer allows: these must not wait for the signer's home, which may be away for seconds, so any node
/// commits them on the rows. They hold for every signature that begins after they return.
/// </summary>
/// <remarks>Everything here refuses with <see cref="RefusedException"/>: <c>NotFound</c> also to strangers.</remarks>
public sealed class SignerWithdrawals(
    IStateStore store,
    ILedger ledger,
    ILedgerReader entries,
    ICommitFence fence,
    SignerFactsReader reader,
    SignerDirectory directory,
    TimeProvider time)
{
    private const int PageSize = 1000;

    /// <summary>Switches a signer off.</summary>
    public async Task<SignerView> DisableAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.DemandAsync(caller, signerId, SignerAction.ManageStatus, cancellationToken);
        var next = facts.State with { IsDisabled = true };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.disable", facts, next, new ChangeSignerStatus(SignerStatus.Disabled), time)
                .Reading(standing.Basis),
            cancellationToken);
        return await directory.ViewAsync(facts, next, cancellationToken);
    }

    /// <summary>Removes a member; the last administrator stays.</summary>
    public async Task RemoveMemberAsync(
        Caller caller, string signerId, string memberId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.DemandAsync(caller, signerId, SignerAction.ManageMembers, cancellationToken);
        var removed = facts.State.FindMember(memberId).ToView();
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.remove-member", facts, facts.State.WithoutMember(memberId), removed, time)
                .Reading(standing.Basis),
            cancellationToken);
    }

    /// <summary>Deletes a signer; its ledger entries stay, and its name is not free again.</summary>
    public async Task DeleteAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.DemandAsync(caller, signerId, SignerAction.Edit, cancellationToken);
        var next = facts.State with { IsDeleted = true, IsDisabled = true };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.delete", facts, next, new { facts.State.Name }, time).Reading(standing.Basis),
            cancellationToken);
    }

    /// <summary>
    /// The emergency stop, in two commits. The first disables the signer: a grant or a request that was decided on before
    /// names the version that this replaces, so it is either seen by the lists that follow or refused. The second revokes
    /// the grants and cancels the requests; where it does not come about, the stop is asked for again. Then waits for commits
    /// under way anywhere and lists every signature made since a time.
    /// </summary>
    public async Task<StopReport> StopAsync(
        Caller caller, string signerId, StopSigner request, CancellationToken cancellationToken)
    {
        DisplayText.DemandReason(request.Reason);
        var (facts, standing) = await reader.DemandAsync(caller, signerId, SignerAction.ManageStatus, cancellationToken);
        if (!facts.State.IsDisabled)
        {
            var disabled = facts.State with { IsDisabled = true };
            await ledger.RecordAsync(
                SignerChange.Describe(caller, "signer.disable", facts, disabled, new { request.Reason }, time).Reading(standing.Basis),
                cancellationToken);
            (facts, standing) = await reader.DemandAsync(caller, signerId, SignerAction.ManageStatus, cancellationToken);
        }

        // Requests before grants: one that is approved between the two has left the first list for the second.
        var requests = await ReadAllAsync<ApprovalRequestState>(StateTypes.ApprovalRequest, signerId, "pending", cancellationToken);
        var grants = await ReadAllAsync<GrantState>(StateTypes.Grant, signerId, "active", cancellationToken);
        var now = time.GetUtcNow();
        ImmutableArray<string> grantIds = [.. grants.Select(grant => grant.Id)];
        ImmutableArray<string> requestIds = [.. requests.Select(pending => pending.Id)];
        var stopped = facts.State with { PendingPolicyRequestId = null };
        var change = SignerChange.Describe(
            caller,
            "signer.stop",
            facts,
            stopped,
            new { request.Reason, RevokedGrants = grantIds, CancelledRequests = requestIds },
            time);
        await ledger.RecordAsync(
            change
                .Reading(standing.Basis)
                .Writing(grants.Select(grant => grant.Replace(grant.State.Revoke(caller.ToRef(), request.Reason, now))))
                .Writing(requests.Select(pending => pending.Replace(pending.State.End(RequestStatus.Cancelled, now)))),
            cancellationToken);
        await fence.WaitForCommitsUnderWayAsync(cancellationToken);
        var signatures = await ListSignaturesAsync(signerId, request.Since, cancellationToken);
        return new StopReport(await directory.ViewAsync(facts, stopped, cancellationToken), grantIds, requestIds, signatures);
    }

    private async Task<IReadOnlyList<Row<TState>>> ReadAllAsync<TState>(
        string type, string signerId, string status, CancellationToken cancellationToken)
        where TState : class, IIndexedState
    {
        List<Row<TState>> all = [];
        IReadOnlyList<StoredState> page;
        do
        {
            page = await store.ListAsync(
                new StateQuery(type, Parent: signerId, Statuses: [status], Before: all.LastOrDefault()?.Id, Limit: PageSize),
                cancellationToken);
            all.AddRange(page.Select(row => row.ToRow<TState>()));
        }
        while (page.Count == PageSize);

        return all;
    }

    private async Task<ImmutableArray<LedgerEntry>> ListSignaturesAsync(
        string signerId, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        var all = ImmutableArray.CreateBuilder<LedgerEntry>();
        IReadOnlyList<LedgerEntry> page;
        do
        {
            page = await entries.ListAsync(
                new LedgerQuery(
                    EntryKind.Sign,
                    EntryOutcome.Success,
                    SignerId: signerId,
                    From: since,
                    Before: all.Count == 0 ? null : all[^1].OperationId,
                    Limit: PageSize),
                cancellationToken);
            all.AddRange(page);
        }
        while (page.Count == PageSize);

        return all.ToImmutable();
    }
}
