using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Changes groups. Who marks a group for the identity provider hands its votes to whoever administers that; so the marks of
/// a group that a guarded policy asks stay as they are, but for the loss of votes. Whoever needs another group has the policy
/// ask for it, which is a request under the policy.
/// </summary>
public sealed class GroupMarks(IStateStore store, GroupService groups, GuardedPolicies policies)
{
    /// <summary>Changes a group. Product administrators only.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: a guarded policy asks the group.</exception>
    public async Task<GroupView> UpdateAsync(Caller caller, string id, UpdateGroup request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        if (!request.ExternalName.IsPresent && request.MayApprove is not true)
        {
            return await groups.UpdateAsync(caller, id, request, [], cancellationToken);
        }

        var group = await store.FindAsync<GroupState>(StateTypes.Group, id, cancellationToken);
        var asking = await policies.FindNamingAsync(new PrincipalRef(PrincipalKind.Group, id), cancellationToken);
        if (group is not null && ChangesVotes(group.State, request) && asking.FirstOrDefault(GuardedPolicies.IsGuarded) is { } policy)
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                $"The group approves under the policy '{policy.State.Definition.Name}', under which a request was approved: make another group, and have the policy ask it.");
        }

        return await groups.UpdateAsync(caller, id, request, asking.Select(row => row.ToVersion()), cancellationToken);
    }

    private static bool ChangesVotes(GroupState group, UpdateGroup request) =>
        request.ExternalName.Or(group.ExternalName) != group.ExternalName || (request.MayApprove is true && !group.MayApprove);
}
