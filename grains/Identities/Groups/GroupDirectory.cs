using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Machines;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Groups;

/// <summary>
/// Reads groups from the rows that their grains write. People see ids and names; who is in them, product administrators
/// see alone.
/// </summary>
public sealed class GroupDirectory(IStateStore store)
{
    /// <summary>One page.</summary>
    public async Task<Page<GroupView>> ListAsync(Caller caller, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandReader(caller);
        var name = query.Name is null ? null : DisplayText.DemandName(query.Name);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Group, Name: name, Before: query.Before, Limit: query.Limit), cancellationToken);
        return new Page<GroupView>([.. page.Items.Select(stored => ToView(caller, stored))], page.Next);
    }

    /// <summary>One group; <c>NotFound</c> where there is none.</summary>
    public async Task<GroupView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandReader(caller);
        return ToView(caller, await DemandAsync(id, cancellationToken));
    }

    /// <summary>
    /// One page of a group's members, by id from the newest; those that were deleted are left out. Product administrators
    /// only.
    /// </summary>
    public async Task<Page<GroupMemberView>> ListMembersAsync(
        Caller caller, string groupId, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var group = (await DemandAsync(groupId, cancellationToken)).ReadAs<GroupState>();
        var members = group.Members
            .OrderByDescending(member => member.Id, StringComparer.Ordinal)
            .Where(member => query.Before is null || string.CompareOrdinal(member.Id, query.Before) < 0)
            .Take(query.Limit + 1)
            .ToArray();
        var items = new List<GroupMemberView>();
        foreach (var member in members.Take(query.Limit))
        {
            if (await FindNameAsync(member, cancellationToken) is { } name)
            {
                items.Add(new GroupMemberView(member.Kind, member.Id, name));
            }
        }

        return new Page<GroupMemberView>(items, members.Length > query.Limit ? members[query.Limit - 1].Id : null);
    }

    private async Task<string?> FindNameAsync(PrincipalRef member, CancellationToken cancellationToken) => member.Kind switch
    {
        PrincipalKind.User =>
            (await store.ReadAsync(StateTypes.User, member.Id, cancellationToken))?.ReadAs<UserState>().Name,
        _ => (await store.ReadAsync(StateTypes.Identity, member.Id, cancellationToken))?.ReadAs<IdentityState>().Name,
    };

    private async Task<StoredState> DemandAsync(string id, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.Group, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "There is no such group.");

    private static GroupView ToView(Caller caller, StoredState stored)
    {
        var group = stored.ReadAs<GroupState>();
        return ProductAuthority.MaySeeAll(caller, stored.Id) ? group.ToView(stored.Id) : group.ToName(stored.Id);
    }
}
