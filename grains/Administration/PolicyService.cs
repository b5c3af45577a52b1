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

/// <summary>Manages signing policies. Product administrators change policies; people read them.</summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class PolicyService(
    IGrainFactory grains,
    IStateStore store,
    ILedger ledger,
    ApproverFactsReader approvers,
    RequestDrafts drafts,
    TimeProvider time)
{
    /// <summary>One page, newest first.</summary>
    /// <param name="caller">The caller; people may read policies, machine identities may not.</param>
    /// <param name="before">The last id of the previous page; null for the first page.</param>
    /// <param name="limit">The page size, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<Page<PolicyView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Policy, Before: before, Limit: limit), cancellationToken);
        return new Page<PolicyView>(
            await ViewAsync(caller, [.. page.Items.Select(row => row.ReadAs<PolicyState>())], cancellationToken), page.Next);
    }

    /// <summary>One policy. A change request that ended without approval is omitted.</summary>
    public async Task<PolicyView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var policy = (await FindAsync(id, cancellationToken)).State;
        var isPending = await PendingChange.FindAsync(
            store, policy.PendingChangeRequestId, time.GetUtcNow(), cancellationToken) is not null;
        return await ViewAsync(caller, isPending ? policy : policy with { PendingChangeRequestId = null }, cancellationToken);
    }

    /// <summary>What the active approvers lack to approve these steps; null for nothing. Product administrators only.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="steps">The steps, with ids of approvers.</param>
    /// <param name="isDistinct">Whether each step needs other people.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<ApproverShortage?> FindShortageAsync(
        Caller caller, ImmutableArray<ApprovalStep> steps, bool isDistinct, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var facts = await approvers.ReadAsync(steps, [], ImmutableHashSet<string>.Empty, null, cancellationToken);
        return ApproverRules.FindShortage(steps, isDistinct, facts);
    }

    /// <summary>Creates a policy; a step with too few eligible approvers is refused.</summary>
    public async Task<PolicyView> CreateAsync(
        Caller caller, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var id = EntityId.New(IdPrefixes.Policy, time);
        var (normal, readSet) = await ValidateAsync(caller, definition, cancellationToken);
        var policy = new PolicyState
        {
            Id = id,
            Definition = normal,
            CreatedAt = time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        var view = await ViewAsync(caller, policy, cancellationToken);
        await SaveAsync(
            Record(caller, "policy.create", id, Changes.Making(PolicyState.ToRecord(normal)))
                .Answering(caller, view).Reading(readSet).Writing(StateWrite.New(StateTypes.Policy, id, policy)),
            cancellationToken);
        return view;
    }

    /// <summary>
    /// Replaces a policy's definition; existing requests are not affected. A change that loosens a guarded policy opens
    /// a request under the current definition instead, and the view names it.
    /// </summary>
    public async Task<PolicyView> ReplaceAsync(
        Caller caller, string id, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var policy = await FindAsync(id, cancellationToken);
        var (normal, readSet) = await ValidateAsync(caller, definition, cancellationToken);
        var waiting = await PendingChange.FindAsync(
            store, policy.State.PendingChangeRequestId, time.GetUtcNow(), cancellationToken);
        if (policy.State.Guarded && PolicyComparison.AllowsMore(policy.State.Definition, normal))
        {
            return await RequestChangeAsync(caller, policy, normal, waiting, cancellationToken);
        }

        // A pending request refers to a definition that is being replaced.
        var next = policy.State with { Definition = normal, PendingChangeRequestId = null, IsRetired = false };
        var changes = Withdrawing(
            waiting, Changes.Between(PolicyState.ToRecord(policy.State.Definition), PolicyState.ToRecord(normal)));
        changes = policy.State.IsRetired ? changes.Replacing("status", "retired", "active") : changes;
        if (changes.IsEmpty)
        {
            return await ViewAsync(caller, next, cancellationToken);
        }

        await SaveAsync(
            Record(caller, "policy.replace", id, changes).Reading(readSet).Writing([policy.Replace(next), .. Cancelling(waiting)]),
            cancellationToken);
        return await ViewAsync(caller, next, cancellationToken);
    }

    /// <summary>Deletes a policy; <c>WrongState</c> while a signer uses it.</summary>
    /// <remarks>
    /// Two commits: first the policy is retired. A signer that concurrently attaches the policy has its version in the
    /// read set, so it is either seen by the second check or its commit is refused.
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

    /// <summary>Opens the request for a loosening edit, unless an identical one is pending.</summary>
    private async Task<PolicyView> RequestChangeAsync(
        Caller caller,
        Row<PolicyState> policy,
        PolicyDefinition definition,
        PendingChange? waiting,
        CancellationToken cancellationToken)
    {
        var change = new PolicyChange(policy.Id, NewDefinition: definition);
        if (waiting?.Asks(caller, change, policy.State.Definition) == true)
        {
            return await ViewAsync(caller, policy.State, cancellationToken);
        }

        var request = await drafts.PolicyChangeAsync(caller, null, null, change, policy, null, cancellationToken);
        await grains.GetGrain<IApprovalRequestGrain>(request.Id).RemindOfExpiryAsync(request.ExpiresAt, cancellationToken);
        var next = policy.State with { PendingChangeRequestId = request.Id };
        var wanted = Changes.Between(PolicyState.ToRecord(policy.State.Definition), PolicyState.ToRecord(definition));
        var asked = Record(
            caller, "policy.ask-change", policy.Id, Withdrawing(waiting, Changes.None.Awaiting(request.Id, wanted)));
        await SaveAsync(
            asked.Writing([policy.Replace(next), .. Cancelling(waiting)]) with { With = [request.Change] }, cancellationToken);
        return await ViewAsync(caller, next, cancellationToken);
    }

    private static Changes Withdrawing(PendingChange? waiting, Changes changes) =>
        waiting is null ? changes : changes.Adding("cancelledRequests", waiting.Id);

    private StateWrite[] Cancelling(PendingChange? waiting) => waiting is null ? [] : [waiting.Cancel(time.GetUtcNow())];

    private async Task<(PolicyDefinition Normal, ImmutableArray<StateVersion> ReadSet)> ValidateAsync(
        Caller caller, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        var normal = await ResolveApproversAsync(caller, PolicyRules.Normalise(definition), cancellationToken);
        var facts = await approvers.ReadAsync(normal.Steps, [], ImmutableHashSet<string>.Empty, null, cancellationToken);
        return (normal, ApproverRules.Validate(normal, facts));
    }

    private async Task<PolicyDefinition> ResolveApproversAsync(
        Caller caller, PolicyDefinition definition, CancellationToken cancellationToken)
    {
        var references = definition.Steps
            .SelectMany((step, number) => step.Approvers.Select((approver, index) => (approver, $"steps[{number}].approvers[{index}].id")))
            .ToArray();
        var found = new Queue<PrincipalRef>(await PrincipalLookup.ResolveAsync(store, caller, references, cancellationToken));
        return definition with
        {
            Steps =
            [
                .. definition.Steps.Select(step => step with
                {
                    Approvers = [.. step.Approvers.Select(_ => found.Dequeue()).ToArray().Distinct()],
                }),
            ],
        };
    }

    private async Task<PolicyView> ViewAsync(Caller caller, PolicyState policy, CancellationToken cancellationToken) =>
        (await ViewAsync(caller, [policy], cancellationToken))[0];

    private async Task<IReadOnlyList<PolicyView>> ViewAsync(
        Caller caller, IReadOnlyCollection<PolicyState> policies, CancellationToken cancellationToken)
    {
        var shown = policies.SelectMany(policy => policy.Definition.Steps
            .SelectMany(step => step.Approvers)
            .Append(policy.CreatedBy));
        var names = await PrincipalNames.ReadAsync(store, caller, shown, cancellationToken);
        return [.. policies.Select(policy => policy.ToView(names))];
    }

    private async Task<Row<PolicyState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<PolicyState>(StateTypes.Policy, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The signing policy does not exist.");

    private async Task RequireUnusedAsync(string id, CancellationToken cancellationToken)
    {
        var users = await store.ListAsync(
            new StateQuery(StateTypes.Signer, AnyLink: ["policy:" + id], Limit: 1), cancellationToken);
        if (users.Count > 0)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "The signing policy is in use by a signer: replace or detach it on every signer first.");
        }
    }

    private LedgerElement Record(Caller caller, string action, string id, Changes changes) =>
        Change.By(caller, action, StateTypes.Policy, id, changes, time);

    private Task SaveAsync(LedgerElement change, CancellationToken cancellationToken) =>
        ledger.RecordAsync(change, ErrorCode.NameTaken, "The name is already used by another policy.", cancellationToken);
}
