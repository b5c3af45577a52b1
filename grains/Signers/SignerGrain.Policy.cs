using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// A policy guards itself: once a request was approved under it, an administrator who detaches it, signs and attaches it
/// again would undo what the approvers are there for. So taking it away is a request under it.
/// </summary>
public sealed partial class SignerGrain
{
    /// <inheritdoc/>
    public async Task ApplyPolicyChangeAsync(string requestId, CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        var stored = await services.States.ReadAsync(StateTypes.ApprovalRequest, requestId, cancellationToken);
        if (!state.RecordExists || stored?.ReadAs<ApprovalRequestState>() is not { } request
            || state.State.PendingPolicyRequestId != requestId)
        {
            return;
        }

        if (request is not { Kind: RequestKind.SignerPolicy, Status: RequestStatus.Approved, Change: { } change }
            || request.SignerId != Id || change.PolicyId != state.State.PolicyId)
        {
            throw new RefusedException(ErrorCode.WrongState, "The request does not allow this change of policy.");
        }

        var next = state.State with { PolicyId = change.NewPolicyId, PendingPolicyRequestId = null };
        var replacing = change.NewPolicyId is { } nextId ? await DemandStoredPolicyAsync(nextId, cancellationToken) : null;
        ImmutableArray<StateVersion> rests = replacing is null ? [stored.ToVersion()] : [replacing.Version, stored.ToVersion()];
        // The approvers gave up their policy for this one, which must not be easier to shed.
        ImmutableArray<StateWrite> guard = replacing is { State.Guarded: false } ? [replacing.Guard()] : [];
        var act = Change.By(Caller.System, "signer.change-policy", StateTypes.Signer, Id, change, services.Time);
        await SaveAsync(act, next, rests, guard, cancellationToken);
    }

    /// <summary>
    /// Changes the policy, or opens the request that may change it later. A request that already waits for the same is the
    /// answer; one that waits for something else is cancelled, since it could not be approved any more.
    /// </summary>
    private async Task<(SignerState Next, ImmutableArray<StateVersion> ReadSet, WaitingChange? Superseded)> ChangePolicyAsync(
        Caller caller, SignerFacts facts, SignerState next, string? policyId, CancellationToken cancellationToken)
    {
        SignerAuthority.Demand(facts, caller, SignerAction.ManagePolicy);
        ImmutableArray<StateVersion> rests = policyId is null ? [] : [(await DemandPolicyAsync(policyId)).Version];
        if (facts.Policy is not { } inForce)
        {
            return (next with { PolicyId = policyId }, rests, null);
        }

        rests = [.. rests, inForce.Version];
        if (!inForce.Guarded)
        {
            return (next with { PolicyId = policyId, PendingPolicyRequestId = null }, rests, null);
        }

        var change = new PolicyChange(inForce.Version.Id, policyId);
        var waiting = await WaitingChange.FindAsync(
            services.States, facts.State.PendingPolicyRequestId, services.Time.GetUtcNow(), cancellationToken);
        if (waiting?.Asks(caller, change, inForce.Definition) == true)
        {
            return (next, [.. rests, waiting.Version], null);
        }

        var requestId = EntityId.New(IdPrefixes.ApprovalRequest, services.Time);
        await GrainFactory.GetGrain<IApprovalRequestGrain>(requestId).CreatePolicyChangeAsync(
            caller with { Retry = null }, Id, facts.State.Name, change, cancellationToken);
        return (next with { PendingPolicyRequestId = requestId }, rests, waiting);
    }

    /// <summary>
    /// A policy that a signer may take. Its version goes into the read set: a policy whose deletion begins meanwhile is not
    /// taken.
    /// </summary>
    private async Task<PolicyFacts> DemandPolicyAsync(string policyId) =>
        EntityId.Is(IdPrefixes.Policy, policyId)
        && await GrainFactory.GetGrain<ISigningPolicyGrain>(policyId).GetFactsAsync() is { IsRetired: false } policy
            ? policy
            : throw NoSuchPolicy(policyId);

    private async Task<KnownPolicy> DemandStoredPolicyAsync(string policyId, CancellationToken cancellationToken) =>
        await KnownPolicy.ReadAsync(services.States, policyId, cancellationToken) is { State.IsRetired: false } policy
            ? policy
            : throw NoSuchPolicy(policyId);

    private static RefusedException NoSuchPolicy(string policyId) =>
        new(ErrorCode.InvalidRequest, $"There is no signing policy '{policyId}'.");
}
