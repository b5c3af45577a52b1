using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Policies;

/// <summary>
/// Whose vote decides under a policy that guards itself. What decides is read from the states themselves: all policies are
/// looked through, since the links by which lists find them are not sealed. There are few, and it is asked rarely.
/// </summary>
public sealed class GuardedPolicies(IStateStore store)
{
    /// <summary>Whether a request was ever approved under a policy.</summary>
    public static bool IsGuarded(Row<PolicyState> policy) => policy.State.Guarded;

    /// <summary>The policies, guarded or not, that name a person or a group among their approvers.</summary>
    public async Task<IReadOnlyList<Row<PolicyState>>> FindNamingAsync(PrincipalRef approver, CancellationToken cancellationToken) =>
        [.. (await ReadAllAsync(cancellationToken)).Where(policy => Approvers(policy).Contains(approver))];

    /// <summary>Whether a person has a vote under a guarded policy, named themselves or as a member of a group.</summary>
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
        return Array.Exists(groups, key => rows.Find<GroupState>(key.Group, key.Id)?.State.Members.Contains(person) == true);
    }

    private static IEnumerable<PrincipalRef> Approvers(Row<PolicyState> policy) =>
        policy.State.Definition.Steps.SelectMany(step => step.Approvers);

    private ValueTask<List<Row<PolicyState>>> ReadAllAsync(CancellationToken cancellationToken) =>
        store.ReadAllAsync<PolicyState>(new StateQuery(StateTypes.Policy), cancellationToken).ToListAsync(cancellationToken);
}
