using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>
/// A policy. The first approval under it makes it guard itself, in a commit of the request's, so its row is read again
/// before each act; an act that loses the race is refused by the row's version.
/// </summary>
public sealed class SigningPolicyGrain(
    [PersistentState(StateTypes.Policy, "ledger")] IPersistentState<PolicyState> state,
    PolicyServices services) : Grain, ISigningPolicyGrain
{
    private string Id => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<PolicyView> CreateAsync(
        Caller caller, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "The policy exists already.");
        }

        var (normal, basis) = await DemandAsync(definition);
        var next = new PolicyState
        {
            Id = Id,
            Definition = normal,
            CreatedAt = services.Time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        var view = next.ToView();
        await SaveAsync(next, Record(caller, "policy.create", normal).Answering(caller, view), basis, cancellationToken);
        return view;
    }

    /// <inheritdoc/>
    public async Task<PolicyView> GetAsync(Caller caller)
    {
        ProductAuthority.DemandReader(caller);
        var known = await KnownPolicy.ReadAsync(services.States, Id, CancellationToken.None) ?? throw NotFound();
        return await ViewAsync(known.State, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async Task<PolicyView> ReplaceAsync(
        Caller caller, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        var current = await DemandExistsAsync(caller, cancellationToken);
        var (normal, basis) = await DemandAsync(definition);
        if (current.Guarded && PolicyComparison.AllowsMore(current.Definition, normal))
        {
            return await AskAsync(caller, current, normal, cancellationToken);
        }

        // A request that waits was to change what is not in force any more.
        var waiting = await FindWaitingAsync(current, cancellationToken);
        var next = current with { Definition = normal, PendingChangeRequestId = null, IsRetired = false };
        await SaveAsync(next, Superseding(Record(caller, "policy.replace", normal), waiting), basis, cancellationToken);
        return next.ToView();
    }

    /// <inheritdoc/>
    public async Task ApplyEditAsync(string requestId, CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        var stored = await services.States.ReadAsync(StateTypes.ApprovalRequest, requestId, cancellationToken);
        if (!state.RecordExists || stored?.ReadAs<ApprovalRequestState>() is not { } request
            || state.State.PendingChangeRequestId != requestId)
        {
            return;
        }

        if (request is not { Kind: RequestKind.PolicyEdit, Status: RequestStatus.Approved, Change.NewDefinition: { } definition }
            || request.PolicyId != Id)
        {
            throw new RefusedException(ErrorCode.WrongState, "The request does not allow this change of the policy.");
        }

        var next = state.State with { Definition = definition, PendingChangeRequestId = null };
        await SaveAsync(
            next, Record(Caller.System, "policy.replace", definition), [stored.ToVersion()], cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// In two commits. A signer that is about to take the policy names its version: once the policy is retired, such a
    /// signer is either seen by the second look, or its commit is refused.
    /// </remarks>
    public async Task DeleteAsync(Caller caller, CancellationToken cancellationToken)
    {
        var current = await DemandExistsAsync(caller, cancellationToken);
        await DemandUnusedAsync(cancellationToken);
        if (!current.IsRetired)
        {
            var retired = current with { IsRetired = true };
            await SaveAsync(retired, Record(caller, "policy.retire", new { current.Definition.Name }), [], cancellationToken);
        }

        await DemandUnusedAsync(cancellationToken);
        await state.ClearRecordedAsync(
            Record(caller, "policy.delete", new { current.Definition.Name }), cancellationToken);
        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public async Task<PolicyFacts?> GetFactsAsync() =>
        (await KnownPolicy.ReadAsync(services.States, Id, CancellationToken.None))?.ToFacts();

    /// <summary>Opens the request for an edit that allows more, unless one for the same waits already.</summary>
    private async Task<PolicyView> AskAsync(
        Caller caller, PolicyState current, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        var change = new PolicyChange(Id, NewDefinition: definition);
        var waiting = await FindWaitingAsync(current, cancellationToken);
        if (waiting?.Asks(caller, change, current.Definition) == true)
        {
            return current.ToView();
        }

        var requestId = EntityId.New(IdPrefixes.ApprovalRequest, services.Time);
        await GrainFactory.GetGrain<IApprovalRequestGrain>(requestId).CreatePolicyChangeAsync(
            caller with { Retry = null }, null, null, change, cancellationToken);
        var next = current with { PendingChangeRequestId = requestId };
        var asked = Record(caller, "policy.ask-change", new { RequestId = requestId, CancelledRequestId = waiting?.Id });
        await SaveAsync(next, Superseding(asked, waiting), [], cancellationToken);
        return next.ToView();
    }

    private Task<WaitingChange?> FindWaitingAsync(PolicyState current, CancellationToken cancellationToken) =>
        WaitingChange.FindAsync(
            services.States, current.PendingChangeRequestId, services.Time.GetUtcNow(), cancellationToken);

    private PendingChange Superseding(PendingChange change, WaitingChange? waiting) =>
        waiting is null ? change : change with { AlsoWrites = [waiting.Cancel(services.Time.GetUtcNow())] };

    private async Task<(PolicyDefinition Normal, ImmutableArray<StateVersion> Basis)> DemandAsync(PolicyDefinition definition)
    {
        var normal = PolicyRules.Normalise(definition);
        var approvers = normal.Steps.SelectMany(step => step.Approvers).ToArray();
        if (Array.Find(approvers, approver => !approver.IsWellFormed()) is { } nobody)
        {
            throw ApproverRules.NotThere(nobody);
        }

        var named = approvers
            .Where(approver => approver.Kind == PrincipalKind.User)
            .Select(approver => approver.Id);
        var facts = await services.Approvers.ReadAsync(normal.Steps, named, ImmutableHashSet<string>.Empty);
        return (normal, ApproverRules.Demand(normal, facts));
    }

    private async Task<PolicyState> DemandExistsAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        await state.ReadStateAsync(cancellationToken);
        return state.RecordExists ? state.State : throw NotFound();
    }

    private async Task DemandUnusedAsync(CancellationToken cancellationToken)
    {
        var users = await services.States.ListAsync(
            new StateQuery(StateTypes.Signer, AnyLink: ["policy:" + Id], Limit: 1), cancellationToken);
        if (users.Count > 0)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "A signer has this policy. Give every signer another one first, or detach it.");
        }
    }

    /// <summary>A request that has ended without approval is not waited for any more.</summary>
    private async Task<PolicyView> ViewAsync(PolicyState policy, CancellationToken cancellationToken)
    {
        if (policy.PendingChangeRequestId is not { } requestId)
        {
            return policy.ToView();
        }

        var stored = await services.States.ReadAsync(StateTypes.ApprovalRequest, requestId, cancellationToken);
        var status = stored?.ReadAs<ApprovalRequestState>().StatusAt(services.Time.GetUtcNow());
        return policy.ToView() with
        {
            PendingChangeRequestId = status is RequestStatus.Pending or RequestStatus.Approved ? requestId : null,
        };
    }

    private PendingChange Record(Caller caller, string action, object changes) =>
        Change.By(caller, action, StateTypes.Policy, Id, changes, services.Time);

    private async Task SaveAsync(
        PolicyState next, PendingChange change, ImmutableArray<StateVersion> basis, CancellationToken cancellationToken)
    {
        try
        {
            await state.WriteRecordedAsync(
                next, change with { ReadSet = [.. change.ReadSet.Concat(basis).Distinct()] }, cancellationToken);
        }
        catch (CommitRefusedException refused) when (refused.Reason == CommitRefusal.NameTaken)
        {
            throw new RefusedException(ErrorCode.NameTaken, "Another policy has this name.");
        }
    }

    private static RefusedException NotFound() => new(ErrorCode.NotFound, "There is no such signing policy.");
}
