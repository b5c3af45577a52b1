using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Administration;

/// <summary>The rules under which signers sign. Product administrators manage policies; people read them.</summary>
/// <remarks>Everything here refuses with <see cref="RefusedException"/>.</remarks>
public sealed class PolicyService(
    IGrainFactory grains,
    IStateStore store,
    ILedger ledger,
    ApproverFactsReader approvers,
    RequestDrafts drafts,
    TimeProvider time)
{
    /// <summary>One page, newest first.</summary>
    /// <param name="caller">Who asks; people see policies, machine identities do not.</param>
    /// <param name="before">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<Page<PolicyView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Policy, Before: before, Limit: limit), cancellationToken);
        return new Page<PolicyView>([.. page.Items.Select(row => row.ReadAs<PolicyState>().ToView())], page.Next);
    }

    /// <summary>One policy. A request for a change that has ended without approval is not named any more.</summary>
    public async Task<PolicyView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var policy = (await FindAsync(id, cancellationToken)).State;
        return await WaitingChange.FindAsync(store, policy.PendingChangeRequestId, time.GetUtcNow(), cancellationToken) is null
            ? policy.ToView() with { PendingChangeRequestId = null }
            : policy.ToView();
    }

    /// <summary>Makes a policy; a step that its approvers cannot fill is refused.</summary>
    public async Task<PolicyView> CreateAsync(
        Caller caller, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var id = EntityId.New(IdPrefixes.Policy, time);
        var (normal, readSet) = await ValidateAsync(definition, cancellationToken);
        var policy = new PolicyState
        {
            Id = id,
            Definition = normal,
            CreatedAt = time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        var view = policy.ToView();
        await SaveAsync(
            Record(caller, "policy.create", id, Changes.Making(PolicyState.ToRecord(normal)))
                .Answering(caller, view).Reading(readSet).Writing(StateWrite.New(StateTypes.Policy, id, policy)),
            cancellationToken);
        return view;
    }

    /// <summary>
    /// Replaces what a policy says; touches new requests only. A change that allows more of a guarded policy is not made: a
    /// request for it is opened under the policy in force, and the view names it.
    /// </summary>
    public async Task<PolicyView> ReplaceAsync(
        Caller caller, string id, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var policy = await FindAsync(id, cancellationToken);
        var (normal, readSet) = await ValidateAsync(definition, cancellationToken);
        var waiting = await WaitingChange.FindAsync(
            store, policy.State.PendingChangeRequestId, time.GetUtcNow(), cancellationToken);
        if (policy.State.Guarded && PolicyComparison.AllowsMore(policy.State.Definition, normal))
        {
            return await RequestChangeAsync(caller, policy, normal, waiting, cancellationToken);
        }

        // A request that waits was to change what is not in force any more.
        var next = policy.State with { Definition = normal, PendingChangeRequestId = null, IsRetired = false };
        var changes = Withdrawing(
            waiting, Changes.Between(PolicyState.ToRecord(policy.State.Definition), PolicyState.ToRecord(normal)));
        changes = policy.State.IsRetired ? changes.Replacing("status", "retired", "active") : changes;
        if (changes.IsEmpty)
        {
            return next.ToView();
        }

        await SaveAsync(
            Record(caller, "policy.replace", id, changes).Reading(readSet).Writing([policy.Replace(next), .. Cancelling(waiting)]),
            cancellationToken);
        return next.ToView();
    }

    /// <summary>Deletes a policy; <c>WrongState</c> while a signer has it.</summary>
    /// <remarks>
    /// In two commits. A signer that is about to take the policy names its version: once the policy is retired, such a
    /// signer is either seen by the second look, or its commit is refused.
    /// </remarks>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var policy = await FindAsync(id, cancellationToken);
        await RequireUnusedAsync(id, cancellationToken);
        if (!policy.State.IsRetired)
        {
            await SaveAsync(
                Record(caller, "policy.retire", id, Changes.None.Replacing("status", "active", "retired"))
                    .Writing(policy.Replace(policy.State with { IsRetired = true })),
                cancellationToken);
            policy = policy with { Version = policy.Version + 1 };
        }

        await RequireUnusedAsync(id, cancellationToken);
        await SaveAsync(
            Record(caller, "policy.delete", id, Changes.Deleting(PolicyState.ToRecord(policy.State.Definition)))
                .Writing(policy.Remove()),
            cancellationToken);
    }

    /// <summary>Opens the request for an edit that allows more, unless one for the same waits already.</summary>
    private async Task<PolicyView> RequestChangeAsync(
        Caller caller,
        Row<PolicyState> policy,
        PolicyDefinition definition,
        WaitingChange? waiting,
        CancellationToken cancellationToken)
    {
        var change = new PolicyChange(policy.Id, NewDefinition: definition);
        if (waiting?.Asks(caller, change, policy.State.Definition) == true)
        {
            return policy.State.ToView();
        }

        var request = await drafts.PolicyChangeAsync(caller, null, null, change, policy, cancellationToken);
        await grains.GetGrain<IApprovalRequestGrain>(request.Id).RemindOfExpiryAsync(request.ExpiresAt, cancellationToken);
        var next = policy.State with { PendingChangeRequestId = request.Id };
        var wanted = Changes.Between(PolicyState.ToRecord(policy.State.Definition), PolicyState.ToRecord(definition));
        var asked = Record(
            caller, "policy.ask-change", policy.Id, Withdrawing(waiting, Changes.None.Awaiting(request.Id, wanted)));
        await SaveAsync(
            asked.Writing([policy.Replace(next), .. Cancelling(waiting)]) with { With = [request.Change] }, cancellationToken);
        return next.ToView();
    }

    private static Changes Withdrawing(WaitingChange? waiting, Changes changes) =>
        waiting is null ? changes : changes.Adding("cancelledRequests", waiting.Id);

    private StateWrite[] Cancelling(WaitingChange? waiting) => waiting is null ? [] : [waiting.Cancel(time.GetUtcNow())];

    private async Task<(PolicyDefinition Normal, ImmutableArray<StateVersion> ReadSet)> ValidateAsync(
        PolicyDefinition definition, CancellationToken cancellationToken)
    {
        var normal = PolicyRules.Normalise(definition);
        if (normal.Steps.SelectMany(step => step.Approvers).FirstOrDefault(approver => !approver.IsWellFormed()) is { } nobody)
        {
            throw ApproverRules.NotThere(nobody);
        }

        var facts = await approvers.ReadAsync(normal.Steps, [], ImmutableHashSet<string>.Empty, null, cancellationToken);
        return (normal, ApproverRules.Validate(normal, facts));
    }

    private async Task<Row<PolicyState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<PolicyState>(StateTypes.Policy, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "There is no such signing policy.");

    private async Task RequireUnusedAsync(string id, CancellationToken cancellationToken)
    {
        var users = await store.ListAsync(
            new StateQuery(StateTypes.Signer, AnyLink: ["policy:" + id], Limit: 1), cancellationToken);
        if (users.Count > 0)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "A signer has this policy. Give every signer another one first, or detach it.");
        }
    }

    private LedgerElement Record(Caller caller, string action, string id, Changes changes) =>
        Change.By(caller, action, StateTypes.Policy, id, changes, time);

    private Task SaveAsync(LedgerElement change, CancellationToken cancellationToken) =>
        ledger.RecordAsync(change, ErrorCode.NameTaken, "Another policy has this name.", cancellationToken);
}
