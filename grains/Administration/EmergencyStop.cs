using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// Stops a signer immediately, however many grants and requests it has. One small commit on the signer's row disables
/// it and ends its generation: from then on no earlier grant or request is valid, whatever its row says. The rows
/// follow in pages; if that is interrupted, repeat the stop. Any node can do it, without the signer's home.
/// </summary>
/// <remarks>
/// Every method refuses with <see cref="RefusedException"/>; callers who may not see the signer get <c>NotFound</c>.
/// </remarks>
public sealed class EmergencyStop(
    IStateStore store,
    ILedger ledger,
    ILedgerReader entries,
    ICommitFence fence,
    SignerFactsReader reader,
    SignerDirectory directory,
    CertificatesOfKey certificatesOfKey,
    SignersOfKey signersOfKey,
    TimeProvider time)
{
    // The entry lists each ended row, for those who wait for it, and holds this many items.
    private const int RowsAtOnce = Changes.MaxItems;
    private const int EntriesAtOnce = 1000;
    private const int MaxRounds = 16;

    /// <summary>
    /// Stops a signer and, if requested, every other signer of its key that the caller may stop. It then waits for
    /// pending commits on all nodes, so that the list of signatures is complete; the list is read during enumeration.
    /// </summary>
    public async Task<StopReport> StopAsync(
        Caller caller, string signerId, StopSigner request, CancellationToken cancellationToken)
    {
        DisplayText.ValidateReason(request.Reason);
        var (facts, stopped) = await EndGenerationAsync(caller, signerId, request.Reason, cancellationToken);

        // The stop is committed; the rest continues even if the caller disconnects.
        var others = await ReadOthersAsync(stopped, CancellationToken.None);
        if (request.IncludeSignersWithSameKey)
        {
            others = await StopOthersAsync(caller, others, request.Reason);
        }

        string[] ended = [signerId, .. others.Where(other => other.IsStopped).Select(other => other.Id)];
        var requests = ImmutableArray.CreateBuilder<string>();
        var grants = ImmutableArray.CreateBuilder<string>();
        foreach (var id in ended)
        {
            requests.AddRange(await EndRequestsAsync(caller, id, request.Reason));
            grants.AddRange(await EndGrantsAsync(caller, id, request.Reason));
        }

        await fence.WaitForPendingCommitsAsync(cancellationToken);
        return new StopReport(
            await directory.ViewAsync(caller, facts, stopped, cancellationToken),
            grants.DrainToImmutable(),
            requests.DrainToImmutable(),
            others,
            ReadSignaturesAsync(ended, request.Since, cancellationToken));
    }

    /// <summary>Commits the stop of a signer; retried if the signer was changed concurrently.</summary>
    private async Task<(SignerFacts Facts, SignerState Stopped)> EndGenerationAsync(
        Caller caller, string signerId, string reason, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            var (facts, standing) = await reader.AuthorizeAsync(caller, signerId, SignerAction.ManageStatus, cancellationToken);
            var stopped = facts.State.Stop(caller.ToRef(), reason, time.GetUtcNow());
            var changes = facts.To(stopped).Saying("reason", reason).Saying("endedGeneration", facts.State.Generation);
            var change = SignerChange.Describe(caller, "signer.stop", facts, stopped, changes, time);
            try
            {
                await ledger.RecordAsync(change.Reading(standing.ReadSet), cancellationToken);
                return (facts, stopped);
            }
            catch (CommitRefusedException) when (round < MaxRounds)
            {
                // Read and decide again.
            }
        }
    }

    private async Task<ImmutableArray<SignerOfSameKey>> StopOthersAsync(
        Caller caller, ImmutableArray<SignerOfSameKey> others, string reason)
    {
        var after = ImmutableArray.CreateBuilder<SignerOfSameKey>(others.Length);
        foreach (var other in others)
        {
            try
            {
                await EndGenerationAsync(caller, other.Id, reason, CancellationToken.None);
                after.Add(other with { IsStopped = true });
            }
            catch (RefusedException)
            {
                // The caller may not stop it; the response shows that.
                after.Add(other);
            }
        }

        return after.DrainToImmutable();
    }

    /// <summary>The other signers with the same key.</summary>
    private async Task<ImmutableArray<SignerOfSameKey>> ReadOthersAsync(SignerState signer, CancellationToken cancellationToken)
    {
        if (await store.FindAsync<CertificateState>(StateTypes.Certificate, signer.CertificateId, cancellationToken)
            is not { State.PublicKey: var key })
        {
            return [];
        }

        var sharing = await signersOfKey.FindAsync(await certificatesOfKey.FindAsync(key, cancellationToken), cancellationToken);
        return
        [
            .. sharing.Where(other => other.Id != signer.Id)
                .Select(other => new SignerOfSameKey(other.Id, other.Name, other.IsDisabled, IsStopped: false)),
        ];
    }

    private Task<ImmutableArray<string>> EndRequestsAsync(Caller caller, string signerId, string reason) =>
        EndAllAsync<ApprovalRequestState>(
            new StateQuery(StateTypes.ApprovalRequest, Parent: signerId, Statuses: ["pending"], Limit: RowsAtOnce),
            pending => pending.End(RequestStatus.Cancelled, time.GetUtcNow()),
            ids => Tell(caller, signerId, "signer.cancel-requests", Changes.None.Saying("reason", reason).Adding("cancelledRequests", ids)));

    // Grants whose window has ended need no revocation.
    private Task<ImmutableArray<string>> EndGrantsAsync(Caller caller, string signerId, string reason) =>
        EndAllAsync<GrantState>(
            new StateQuery(
                StateTypes.Grant, Parent: signerId, Statuses: ["active"], UntilAtLeast: time.GetUtcNow(), Limit: RowsAtOnce),
            grant => grant.Revoke(caller.ToRef(), reason, time.GetUtcNow()),
            ids => Tell(caller, signerId, "signer.revoke-grants", Changes.None.Saying("reason", reason).Adding("revokedGrants", ids)));

    /// <summary>Ends all results of a query, page by page.</summary>
    private async Task<ImmutableArray<string>> EndAllAsync<TState>(
        StateQuery query, Func<TState, TState> end, Func<ImmutableArray<string>, LedgerElement> tell)
        where TState : class, IIndexedState
    {
        var ended = ImmutableArray.CreateBuilder<string>();
        for (var round = 1; ;)
        {
            var page = await store.ListAsync(query, CancellationToken.None);
            if (page.Count == 0)
            {
                return ended.DrainToImmutable();
            }

            ImmutableArray<string> ids = [.. page.Select(row => row.Id)];
            var writes = page.Select(stored => stored.ToRow<TState>()).Select(row => row.Replace(end(row.State)));
            try
            {
                await ledger.RecordAsync(tell(ids).Writing(writes), CancellationToken.None);
                ended.AddRange(ids);
                round = 1;

                // No newer row can appear: nothing is created in an ended generation.
                query = query with { Before = ids[^1] };
            }
            catch (CommitRefusedException) when (round++ < MaxRounds)
            {
                // A row was changed concurrently: read the page again.
            }
        }
    }

    // Without the caller's read set: the session may end meanwhile, but the stop is in force.
    private LedgerElement Tell(Caller caller, string signerId, string action, Changes changes) =>
        Change.By(caller, action, StateTypes.Signer, signerId, changes, time).About(signerId, null) with { ReadSet = [], Until = null };

    private async IAsyncEnumerable<LedgerEntry> ReadSignaturesAsync(
        string[] signers, DateTimeOffset? since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var signer in signers)
        {
            string? before = null;
            IReadOnlyList<LedgerEntry> page;
            do
            {
                page = await entries.ListAsync(
                    new LedgerQuery(
                        EntryKind.Sign, EntryOutcome.Success, SignerId: signer, From: since, Before: before, Limit: EntriesAtOnce),
                    cancellationToken);
                foreach (var entry in page)
                {
                    yield return entry;
                }

                before = page.Count == 0 ? null : page[^1].OperationId;
            }
            while (page.Count == EntriesAtOnce);
        }
    }
}
