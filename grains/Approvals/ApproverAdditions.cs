using CodeSigning.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Adds members to groups. A person in a group that approves is one more vote, so where a request was ever approved under a
/// policy that asks the group, adding one is itself a request under that policy; under several, by the steps of each.
/// Machine identities do not vote.
/// </summary>
/// <remarks>Everything here refuses with <see cref="Errors.RefusedException"/>.</remarks>
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

    /// <summary>Adds a member, or opens the request to, which the answer then names. Product administrators only.</summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>UnreachableApproval</c>: nobody is left who could approve it. Whoever is on the server itself can add one.
    /// </exception>
    public async Task<GroupMemberView> AddAsync(
        Caller caller, string groupId, PrincipalRef member, CancellationToken cancellationToken)
    {
        var (group, _, facts) = await groups.DraftMemberAsync(caller, groupId, member, cancellationToken);
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

        // The policy of most steps first: it may hold the others' already.
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

    /// <summary>The request for the same that waits already. What it gives is decided when it is approved.</summary>
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
