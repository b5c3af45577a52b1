using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Policies;

/// <summary>
/// Finds the approvers of policies that guard themselves. Decisions read the states of all policies, since the links in
/// list indexes are not sealed. There are few policies, and this is rarely called.
/// </summary>
public sealed class GuardedPolicies(IStateStore store)
{
    /// <summary>Whether a request was ever approved under a policy.</summary>
    public static bool IsGuarded(Row<PolicyState> policy) => policy.State.Guarded;

    /// <summary>The policies, guarded or not, that list this person or group as an approver.</summary>
    public async Task<IReadOnlyList<Row<PolicyState>>> FindNamingAsync(PrincipalRef approver, CancellationToken cancellationToken) =>
        [.. (await ReadAllAsync(cancellationToken)).Where(policy => Approvers(policy).Contains(approver))];

    /// <summary>Whether a person is an approver under a guarded policy, directly or through a group.</summary>
    public async Task<bool> GiveVoteAsync(string userId, CancellationToken cancellationToken)
    {
        var person = new PrincipalRef(PrincipalKind.User, userId);
        var approvers = (await ReadAllAsync(cancellationToken)).Where(IsGuarded).SelectMany(Approvers).ToHashSet();
        if (approvers.Contains(person))
        {
            return true;
        }

        var groups = approvers
            .Where(approver => approver.Kind == PrincipalKind.Group)
            .Select(group => (StateTypes.Group, group.Id))
            .ToArray();
        var rows = await StateRows.ReadAsync(store, groups, cancellationToken);
        return Array.Exists(groups, key => rows.Find<GroupState>(key.Group, key.Id)?.State.Voters.Contains(person) == true);
    }

    private static IEnumerable<PrincipalRef> Approvers(Row<PolicyState> policy) =>
        policy.State.Definition.Steps.SelectMany(step => step.Approvers);

    private ValueTask<List<Row<PolicyState>>> ReadAllAsync(CancellationToken cancellationToken) =>
        store.ReadAllAsync<PolicyState>(new StateQuery(StateTypes.Policy), cancellationToken).ToListAsync(cancellationToken);
}
