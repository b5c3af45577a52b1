using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// The emergency stop, in two commits. The first disables the signer: a grant or a request that was decided on before
/// names the version that this replaces, so it is either seen by the lists that follow or refused. Where the second does
/// not come about, the stop is asked for again.
/// </summary>
public sealed partial class SignerGrain
{
    private const int MaxReason = 1024;
    private const int PageSize = 1000;

    /// <inheritdoc/>
    public async Task<StopReport> StopAsync(Caller caller, StopSigner request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > MaxReason)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"Give a reason of 1 to {MaxReason} characters.");
        }

        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.ManageStatus);
        if (!facts.State.IsDisabled)
        {
            var disable = Change.By(caller, "signer.disable", StateTypes.Signer, Id, new { request.Reason }, services.Time);
            await SaveAsync(disable, standing, facts.State with { IsDisabled = true }, cancellationToken);
        }

        // Requests before grants: one that is approved between the two has left the first list for the second.
        var requests = await ReadAllAsync(StateTypes.ApprovalRequest, "pending", cancellationToken);
        var grants = await ReadAllAsync(StateTypes.Grant, "active", cancellationToken);
        var now = services.Time.GetUtcNow();
        ImmutableArray<StateWrite> ends =
        [
            .. grants.Select(row => Replace(row, row.ReadAs<GrantState>().Revoke(caller.ToRef(), request.Reason, now))),
            .. requests.Select(row => Replace(row, row.ReadAs<ApprovalRequestState>().End(RequestStatus.Cancelled, now))),
        ];
        var stopped = state.State with { PendingPolicyRequestId = null };
        var change = Change.By(
            caller,
            "signer.stop",
            StateTypes.Signer,
            Id,
            new { request.Reason, RevokedGrants = Ids(grants), CancelledRequests = Ids(requests) },
            services.Time);
        await SaveAsync(change, stopped, standing.Basis, ends, cancellationToken);
        await services.Fence.WaitForCommitsUnderWayAsync(cancellationToken);
        var signatures = await ListSignaturesAsync(request.Since, cancellationToken);
        return new StopReport(await ViewAsync(_facts!), Ids(grants), Ids(requests), signatures);
    }

    private async Task<IReadOnlyList<StoredState>> ReadAllAsync(
        string type, string status, CancellationToken cancellationToken)
    {
        List<StoredState> all = [];
        IReadOnlyList<StoredState> page;
        do
        {
            page = await services.States.ListAsync(
                new StateQuery(type, Parent: Id, Statuses: [status], Before: all.LastOrDefault()?.Id, Limit: PageSize),
                cancellationToken);
            all.AddRange(page);
        }
        while (page.Count == PageSize);
        return all;
    }

    private async Task<ImmutableArray<LedgerEntry>> ListSignaturesAsync(
        DateTimeOffset? since, CancellationToken cancellationToken)
    {
        var all = ImmutableArray.CreateBuilder<LedgerEntry>();
        IReadOnlyList<LedgerEntry> page;
        do
        {
            page = await services.Ledger.ListAsync(
                new LedgerQuery(
                    EntryKind.Sign,
                    EntryOutcome.Success,
                    SignerId: Id,
                    From: since,
                    Before: all.Count == 0 ? null : all[^1].OperationId,
                    Limit: PageSize),
                cancellationToken);
            all.AddRange(page);
        }
        while (page.Count == PageSize);
        return all.ToImmutable();
    }

    private static StateWrite Replace<TState>(StoredState row, TState next)
        where TState : IIndexedState =>
        new(row.Type, row.Id, row.Version, StateJson.Write(next), next.ToIndex());

    private static ImmutableArray<string> Ids(IReadOnlyList<StoredState> rows) => [.. rows.Select(row => row.Id)];
}
