using CodeSigning.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Adds members to groups. A new person in an approver group is an additional vote, so if a guarded policy uses the
/// group, the addition itself requires a request under that policy; with several such policies, under the steps of all.
/// Machine identities do not vote.
/// </summary>
/// <remarks>Every method refuses with <see cref="Errors.RefusedException"/>.</remarks>
public sealed class ApproverAdditions(
    IGrainFactory grains,
    IStateStore store,
    ILedger ledger,
    GroupService groups,
    GuardedPolicies policies,
    RequestDrafts drafts,
    TimeProvider time)
{
    private const int MostWaiting = 1000;

    /// <summary>
    /// Adds a member, or opens a request to add it, which the response then names. Product administrators only.
    /// </summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>UnreachableApproval</c>: too few eligible approvers are left; an operator on the server can add one.
    /// </exception>
    public async Task<GroupMemberView> AddAsync(
        Caller caller, string groupId, PrincipalRef member, CancellationToken cancellationToken)
    {
        var (group, _, added, facts) = await groups.DraftMemberAsync(caller, groupId, member, cancellationToken);
        member = added;
        var asking = member.Kind == PrincipalKind.User
            ? await policies.FindNamingAsync(new PrincipalRef(PrincipalKind.Group, groupId), cancellationToken)
            : [];
        if (!asking.Any(GuardedPolicies.IsGuarded))
        {
            return await groups.AddMemberAsync(
                caller, groupId, member, asking.Select(policy => policy.ToVersion()), cancellationToken);
        }

        var view = new GroupMemberView(member.Kind, member.Id, facts.Name);
        if (await FindWaitingAsync(groupId, member, cancellationToken) is { } waiting)
        {
            return view with { PendingRequestId = waiting };
        }

        // The policy with the most steps comes first: its steps may include those of the others.
        var guarding = asking
            .Where(GuardedPolicies.IsGuarded)
            .OrderByDescending(policy => policy.State.Definition.Steps.Length)
            .ThenBy(policy => policy.Id, StringComparer.Ordinal)
            .ToArray();
        var request = await drafts.AdditionAsync(
            caller, new GroupAddition(groupId, group.State.Name, member, facts.Name), guarding, cancellationToken);
        await grains.GetGrain<IApprovalRequestGrain>(request.Id).RemindOfExpiryAsync(request.ExpiresAt, cancellationToken);
        var changes = Changes.None.Awaiting(request.Id, Changes.None.Adding("members", view));
        await ledger.RecordAsync(
            Change.By(caller, "group.ask-addMember", StateTypes.Group, groupId, changes, time)
                .Reading(group.ToVersion(), facts.Version) with
            {
                With = [request.Change],
            },
            cancellationToken);
        return view with { PendingRequestId = request.Id };
    }

    /// <summary>An identical pending request. Its outcome is decided at its approval.</summary>
    private async Task<string?> FindWaitingAsync(string groupId, PrincipalRef member, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var waiting = await store.ListAsync(
            new StateQuery(
                StateTypes.ApprovalRequest, Statuses: ["pending"], AnyLink: ["addition:" + groupId], Limit: MostWaiting),
            cancellationToken);
        return waiting
            .Select(row => row.ReadAs<ApprovalRequestState>())
            .FirstOrDefault(request => request.Addition?.Member == member && request.StatusAt(now) == RequestStatus.Pending)?.Id;
    }
}
