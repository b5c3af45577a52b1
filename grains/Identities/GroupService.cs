using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>Creates and changes groups of people and machine identities. Product administrators only.</summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class GroupService(IStateStore store, ILedger ledger, PrincipalFactsReader principals, TimeProvider time)
{
    /// <summary>Creates a group; <c>NameTaken</c> if the name is in use.</summary>
    public async Task<GroupView> CreateAsync(Caller caller, CreateGroup request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var id = EntityId.New(IdPrefixes.Group, time);
        var group = new GroupState
        {
            Name = DisplayText.ValidateName(request.Name),
            ExternalName = ValidateExternalName(request.ExternalName),
            MayApprove = request.MayApprove ?? false,
            CreatedAt = time.GetUtcNow(),
        };
        RequireExternalForApproval(group);
        var view = group.ToView(id);
        await SaveAsync(
            Record(caller, "create", id, Changes.Making(group.ToRecord())).Answering(caller, view),
            StateWrite.New(StateTypes.Group, id, group),
            cancellationToken);
        return view;
    }

    /// <summary>
    /// Changes a group. <see cref="Approvals.GroupMarks"/> decides whether its marks may be changed.
    /// </summary>
    /// <param name="caller">The caller.</param>
    /// <param name="id">The group.</param>
    /// <param name="request">The change.</param>
    /// <param name="readSet">The read set of the decision that the marks may be changed.</param>
    /// <param name="cancellationToken">Cancels the call until the commit begins.</param>
    /// <exception cref="RefusedException"><c>WrongState</c>: a group with people gets no other external name.</exception>
    public async Task<GroupView> UpdateAsync(
        Caller caller, string id, UpdateGroup request, IEnumerable<StateVersion> readSet, CancellationToken cancellationToken)
    {
        var group = await AuthorizeAsync(caller, id, cancellationToken);
        var externalName = ValidateExternalName(request.ExternalName.Or(group.State.ExternalName));
        var next = group.State with
        {
            Name = request.Name is null ? group.State.Name : DisplayText.ValidateName(request.Name),
            ExternalName = externalName,
            MayApprove = request.MayApprove ?? (externalName is not null && group.State.MayApprove),
        };
        RequireExternalForApproval(next);
        if (next.ExternalName != group.State.ExternalName && group.State.HasPeople)
        {
            throw new RefusedException(
                ErrorCode.WrongState, $"The group '{group.State.Name}' has people in it: remove them before the field 'externalName' is changed.");
        }

        if (next != group.State)
        {
            var changes = Changes.Between(group.State.ToRecord(), next.ToRecord());
            await SaveAsync(Record(caller, "update", id, changes).Reading(readSet), group.Replace(next), cancellationToken);
        }

        return next.ToView(id);
    }

    private static string? ValidateExternalName(string? name) => name is null || ExternalGroups.IsName(name)
        ? name
        : throw new RefusedException(
            ErrorCode.InvalidRequest, "The field 'externalName' is invalid: expected 1 to 256 visible characters.");

    private static void RequireExternalForApproval(GroupState group)
    {
        if (group is { MayApprove: true, ExternalName: null })
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'mayApprove' is for groups with 'externalName': members of other groups may approve anyway.");
        }
    }

    /// <summary>Deletes a group; its members lose the rights it gave them.</summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var group = await AuthorizeAsync(caller, id, cancellationToken);
        var changes = Changes.Deleting(group.State.ToRecord()).Removing("members", group.State.Members);
        await SaveAsync(Record(caller, "delete", id, changes), group.Remove(), cancellationToken);
    }

    /// <summary>
    /// Adds a person or a machine identity; <c>Conflict</c> if it is a member already. At most 1000 members; groups do
    /// not nest. <see cref="Approvals.ApproverAdditions"/> decides whether the addition requires approval.
    /// </summary>
    /// <param name="caller">The caller.</param>
    /// <param name="id">The group.</param>
    /// <param name="member">The new member.</param>
    /// <param name="readSet">The read set of the decision that no approval is required.</param>
    /// <param name="cancellationToken">Cancels the call until the commit begins.</param>
    public async Task<GroupMemberView> AddMemberAsync(
        Caller caller, string id, PrincipalRef member, IEnumerable<StateVersion> readSet, CancellationToken cancellationToken)
    {
        var (group, next, added, facts) = await DraftMemberAsync(caller, id, member, cancellationToken);
        var view = new GroupMemberView(added.Kind, added.Id, facts.Name);
        await SaveAsync(
            Record(caller, "addMember", id, Changes.None.Adding("members", view))
                .Answering(caller, view)
                .Reading(facts.Version)
                .Reading(readSet),
            group.Replace(next),
            cancellationToken);
        return view;
    }

    /// <summary>The group with the new member, not yet saved, and the member with its facts.</summary>
    internal async Task<(Row<GroupState> Group, GroupState Next, PrincipalRef Added, PrincipalFacts Facts)> DraftMemberAsync(
        Caller caller, string id, PrincipalRef member, CancellationToken cancellationToken)
    {
        var group = await AuthorizeAsync(caller, id, cancellationToken);
        var added = await ResolveMemberAsync(caller, member, cancellationToken);
        if (added.Kind == PrincipalKind.User && group.State.ExternalName is { } externalName)
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                $"The people of the group '{group.State.Name}' are those of '{externalName}' at the identity provider: add the person there.");
        }

        var facts = await principals.FindAsync(added, cancellationToken);
        return (group, group.State.With(added, facts.Name), added, facts);
    }

    /// <summary>Removes a member, given by its id, name or email address; <c>NotFound</c> if it is not one.</summary>
    public async Task RemoveMemberAsync(Caller caller, string id, string idOrName, CancellationToken cancellationToken)
    {
        var group = await AuthorizeAsync(caller, id, cancellationToken);
        var member = await PrincipalLookup.FindAmongAsync(store, caller, group.State.Members, idOrName, cancellationToken)
            ?? throw new RefusedException(
                ErrorCode.NotFound,
                $"The group '{group.State.Name}' has no such member: expected a member's id, name or email address.");
        await SaveAsync(
            Record(caller, "removeMember", id, Changes.None.Removing("members", member)),
            group.Replace(group.State with { Members = group.State.Members.Remove(member) }),
            cancellationToken);
    }

    private async Task<PrincipalRef> ResolveMemberAsync(Caller caller, PrincipalRef member, CancellationToken cancellationToken) =>
        member.Kind is PrincipalKind.User or PrincipalKind.Identity
            ? await PrincipalLookup.ResolveAsync(store, caller, member, "id", cancellationToken)
            : throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'kind' is invalid: expected user or identity; groups do not nest.");

    private LedgerElement Record(Caller caller, string act, string id, Changes changes) =>
        Change.By(caller, "group." + act, StateTypes.Group, id, changes, time);

    private Task SaveAsync(LedgerElement change, StateWrite write, CancellationToken cancellationToken) =>
        ledger.RecordAsync(change.Writing(write), ErrorCode.NameTaken, "The name is already used by another group.", cancellationToken);

    private async Task<Row<GroupState>> AuthorizeAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return await store.FindAsync<GroupState>(StateTypes.Group, id, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "The group does not exist.");
    }
}

/// <summary>Reads groups from their rows. People see ids and names; only product administrators see the members.</summary>
public sealed class GroupDirectory(IStateStore store)
{
    /// <summary>One page.</summary>
    public async Task<Page<GroupView>> ListAsync(Caller caller, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var name = query.Name is null ? null : DisplayText.ValidateName(query.Name, "The parameter 'name'");
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Group, Name: name, Before: query.Before, Limit: query.Limit), cancellationToken);
        return new Page<GroupView>([.. page.Items.Select(stored => ToView(caller, stored))], page.Next);
    }

    /// <summary>One group; <c>NotFound</c> if it does not exist.</summary>
    public async Task<GroupView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        return ToView(caller, await RequireAsync(id, cancellationToken));
    }

    /// <summary>
    /// One page of a group's members, newest id first; deleted principals are left out. Product administrators only.
    /// </summary>
    public async Task<Page<GroupMemberView>> ListMembersAsync(
        Caller caller, string groupId, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var group = (await RequireAsync(groupId, cancellationToken)).ReadAs<GroupState>();
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

    private async Task<StoredState> RequireAsync(string id, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.Group, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The group does not exist.");

    private static GroupView ToView(Caller caller, StoredState stored)
    {
        var group = stored.ReadAs<GroupState>();
        return ProductAuthority.MaySeeAll(caller, stored.Id) ? group.ToView(stored.Id) : group.ToName(stored.Id);
    }
}
