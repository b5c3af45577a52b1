using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>How a request is voted on. The last vote and what it gives are one commit.</summary>
public sealed partial class ApprovalRequestGrain
{
    /// <inheritdoc/>
    public async Task<RequestView> ApproveAsync(Caller caller, CastVote vote, CancellationToken cancellationToken)
    {
        var (request, facts) = await ReadAsync(caller, cancellationToken);
        var next = RequestMachine.Approve(request, facts, caller.ToActor(), vote.Comment, Now);
        var change = next.Status == RequestStatus.Approved
            ? await CompleteAsync(caller, next, facts, cancellationToken)
            : Record(caller, "request.vote", next, Words(next, vote));
        var view = await SaveVoteAsync(caller, change, next, facts, cancellationToken);
        if (next.Status == RequestStatus.Approved)
        {
            await FollowUpAsync(next, cancellationToken);
        }

        return view;
    }

    /// <inheritdoc/>
    public async Task<RequestView> RejectAsync(Caller caller, CastVote vote, CancellationToken cancellationToken)
    {
        var (request, facts) = await ReadAsync(caller, cancellationToken);
        var next = RequestMachine.Reject(request, facts, caller.ToActor(), vote.Comment, Now);
        var change = Record(caller, "request.reject", next, Words(next, vote));
        var view = await SaveVoteAsync(caller, change, next, facts, cancellationToken);
        await ForgetReminderAsync(ExpiryReminder);
        return view;
    }

    /// <summary>Commits a vote, resting on all that makes the voter one who may vote.</summary>
    private async Task<RequestView> SaveVoteAsync(
        Caller caller,
        PendingChange change,
        ApprovalRequestState next,
        RequestFacts facts,
        CancellationToken cancellationToken)
    {
        var step = next.Policy.Steps[next.Ballots[^1].Step];
        var view = next.ToView(facts, Now);
        var pending = change with
        {
            ReadSet = [.. change.ReadSet, .. facts.Approvers.BasisOf(step, caller.Id)!, .. facts.ExclusionBasis],
            Until = caller.Until < next.ExpiresAt ? caller.Until : next.ExpiresAt,
        };
        try
        {
            await SaveAsync(pending.Answering(caller, view), next, cancellationToken);
        }
        catch (CommitRefusedException refused)
            when (refused.Reason == CommitRefusal.TooLate && !(caller.Until < next.ExpiresAt))
        {
            // The database's clock decides; it is ahead of this node's.
            throw new RefusedException(ErrorCode.WrongState, "The request is expired. Make a new one.");
        }

        return view;
    }

    /// <summary>What is committed with the last vote.</summary>
    private async Task<PendingChange> CompleteAsync(
        Caller caller, ApprovalRequestState approved, RequestFacts facts, CancellationToken cancellationToken)
    {
        if (facts.Requester is not { Exists: true, Status: PrincipalStatus.Active })
        {
            throw AskAgain("The requester is not active any more.");
        }

        var counted = RequestTally.Of(approved, facts).BasisOf(approved, facts);
        var change = approved.Kind == RequestKind.Signing
            ? await GiveGrantAsync(caller, approved, facts, cancellationToken)
            : await AllowChangeAsync(caller, approved, cancellationToken);
        return change with { ReadSet = [.. change.ReadSet, .. counted, facts.Requester.Version] };
    }

    private async Task<PendingChange> GiveGrantAsync(
        Caller caller, ApprovalRequestState approved, RequestFacts facts, CancellationToken cancellationToken)
    {
        var access = await AuthorizeRequesterAsync(approved, facts);
        if (access.ApprovalPolicyId != approved.PolicyId)
        {
            throw AskAgain("The signer has another policy than when this was asked.");
        }

        var certificate = await GrainFactory.GetGrain<ICertificateGrain>(access.CertificateId).GetFactsAsync();
        if (certificate?.Thumbprint != approved.CertificateThumbprint || certificate is { IsRevoked: true })
        {
            throw AskAgain("The signer has another certificate than when this was asked, or it was revoked.");
        }

        var policy = await KnownPolicy.ReadAsync(services.States, approved.PolicyId, cancellationToken)
            ?? throw AskAgain("The signer's policy is gone.");
        var grant = RequestMachine.ToGrant(approved, caller.ToRef(), approved.DecidedAt!.Value);
        var change = Record(caller, "request.approve", approved, Describe(approved, grant));
        return change with
        {
            Entry = change.Entry! with { GrantId = grant.Id },
            ReadSet = [.. change.ReadSet, .. access.Basis, .. certificate!.Basis],
            AlsoWrites =
            [
                new StateWrite(StateTypes.Grant, grant.Id, 0, StateJson.Write(grant), grant.ToIndex()),
                .. policy.State.Guarded ? Array.Empty<StateWrite>() : [policy.Guard()],
            ],
        };
    }

    /// <summary>A policy change is approved under the policy in force, and only while it is still what is asked for.</summary>
    private async Task<PendingChange> AllowChangeAsync(
        Caller caller, ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        var policy = await KnownPolicy.ReadAsync(services.States, approved.PolicyId, cancellationToken)
            ?? throw AskAgain("The policy is gone.");
        if (PolicyComparison.AllowsMore(policy.State.Definition, approved.Policy))
        {
            throw AskAgain("The policy has become stricter since this was asked.");
        }

        await this.RegisterOrUpdateReminder(ApplyReminder, ApplyDelay, RetryPeriod, cancellationToken);
        var change = Record(caller, "request.approve", approved, Describe(approved, grant: null));
        return change with
        {
            ReadSet = [.. change.ReadSet, policy.Version, .. await DemandAwaitedAsync(approved, policy, cancellationToken)],
        };
    }

    /// <summary>The signer or the policy waits for this very request, not for a later one.</summary>
    private async Task<ImmutableArray<StateVersion>> DemandAwaitedAsync(
        ApprovalRequestState approved, KnownPolicy policy, CancellationToken cancellationToken)
    {
        if (approved.SignerId is not { } signerId)
        {
            return policy.State.PendingChangeRequestId == Id
                ? []
                : throw AskAgain("The policy was changed, or another change was asked for, since this was asked.");
        }

        var stored = await services.States.ReadAsync(StateTypes.Signer, signerId, cancellationToken);
        if (stored?.ReadAs<SignerState>() is not { IsDeleted: false } signer
            || signer.PolicyId != approved.PolicyId || signer.PendingPolicyRequestId != Id)
        {
            throw AskAgain("The signer was changed, or another change was asked for, since this was asked.");
        }

        if (approved.Change!.NewPolicyId is not { } nextId)
        {
            return [stored.ToVersion()];
        }

        return await KnownPolicy.ReadAsync(services.States, nextId, cancellationToken) is { State.IsRetired: false } next
            ? [stored.ToVersion(), next.Version]
            : throw AskAgain("The policy that shall take its place is gone.");
    }

    private async Task<SignerAccess> AuthorizeRequesterAsync(ApprovalRequestState approved, RequestFacts facts)
    {
        var requester = new Caller(
            approved.Requester.Kind, approved.Requester.Id, facts.Requester.Name, ProductRole.Member, [], null, null, null);
        try
        {
            return await GrainFactory.GetGrain<ISignerGrain>(approved.SignerId!).AuthorizeAsync(requester, SignerAction.Sign);
        }
        catch (RefusedException)
        {
            throw AskAgain("The requester may not sign with this signer any more.");
        }
    }

    private static object Words(ApprovalRequestState next, CastVote vote) =>
        new { Step = next.Ballots[^1].Step + 1, vote.Comment };

    private static object Describe(ApprovalRequestState approved, GrantState? grant) => new
    {
        Step = approved.Ballots[^1].Step + 1,
        approved.Ballots[^1].Comment,
        approved.Change,
        GrantId = grant?.Id,
        grant?.Grantee,
        grant?.MaxSignings,
        grant?.WindowStart,
        grant?.WindowEnd,
        grant?.Scope,
    };
}
