using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Groups;

/// <inheritdoc cref="IGroupGrain"/>
internal sealed class GroupGrain(
    [PersistentState(StateTypes.Group, "ledger")] IPersistentState<GroupState> state, TimeProvider time) : Grain, IGroupGrain
{
    private const int MaxMembers = 1000;

    private string Id => this.GetPrimaryKeyString();

    public async Task<GroupView> CreateAsync(Caller caller, CreateGroup request, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var next = new GroupState { Name = DisplayText.DemandName(request.Name), CreatedAt = time.GetUtcNow() };
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "This group exists already.");
        }

        var view = next.ToView(Id);
        await SaveAsync(next, Record(caller, "create", new { next.Name }).Answering(caller, view), cancellationToken);
        return view;
    }

    public async Task<GroupView> UpdateAsync(Caller caller, UpdateGroup request, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        var next = current with { Name = DisplayText.DemandName(request.Name) };
        if (next.Name != current.Name)
        {
            await SaveAsync(next, Record(caller, "update", new { next.Name }), cancellationToken);
        }

        return next.ToView(Id);
    }

    public async Task DeleteAsync(Caller caller, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        await state.ClearRecordedAsync(Record(caller, "delete", new { current.Name }), cancellationToken);
        DeactivateOnIdle();
    }

    public async Task<GroupMemberView> AddMemberAsync(
        Caller caller, PrincipalRef member, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        var facts = await GetFactsOfAsync(member);
        if (current.Members.Contains(member))
        {
            throw new RefusedException(ErrorCode.Conflict, "It is a member of this group already.");
        }

        if (current.Members.Length >= MaxMembers)
        {
            throw new RefusedException(ErrorCode.Conflict, "A group has at most 1000 members.");
        }

        var view = new GroupMemberView(member.Kind, member.Id, facts.Name);
        var record = Record(caller, "addMember", member).Answering(caller, view);
        await SaveAsync(
            current with { Members = current.Members.Add(member) },
            record with { ReadSet = record.ReadSet.Add(facts.Version) },
            cancellationToken);
        return view;
    }

    public async Task RemoveMemberAsync(Caller caller, string memberId, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        var member = current.Members.FirstOrDefault(candidate => candidate.Id == memberId)
            ?? throw new RefusedException(ErrorCode.NotFound, "It is no member of this group.");
        await SaveAsync(
            current with { Members = current.Members.Remove(member) },
            Record(caller, "removeMember", member),
            cancellationToken);
    }

    public async Task<GroupFacts> GetFactsAsync()
    {
        await state.ReadStateAsync(CancellationToken.None);
        return new GroupFacts(state.VersionOf(StateTypes.Group, Id), state.State.Members);
    }

    private async Task<PrincipalFacts> GetFactsOfAsync(PrincipalRef member)
    {
        var facts = member.Kind switch
        {
            PrincipalKind.User when EntityId.Is(IdPrefixes.User, member.Id) =>
                await GrainFactory.GetGrain<IUserGrain>(member.Id).GetFactsAsync(),
            PrincipalKind.Identity when EntityId.Is(IdPrefixes.Identity, member.Id) =>
                await GrainFactory.GetGrain<IIdentityGrain>(member.Id).GetFactsAsync(),
            _ => null,
        };
        return facts is { Exists: true }
            ? facts
            : throw new RefusedException(
                ErrorCode.InvalidRequest, "Members are people and machine identities that exist; groups do not nest.");
    }

    private PendingChange Record(Caller caller, string act, object changes) =>
        Change.By(caller, "group." + act, StateTypes.Group, Id, changes, time);

    private async Task SaveAsync(GroupState next, PendingChange record, CancellationToken cancellationToken)
    {
        try
        {
            await state.WriteRecordedAsync(next, record, cancellationToken);
        }
        catch (CommitRefusedException refusal) when (refusal.Reason == CommitRefusal.NameTaken)
        {
            throw new RefusedException(ErrorCode.NameTaken, "Another group has this name.");
        }
    }

    private async Task<GroupState> DemandAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        await state.ReadStateAsync(cancellationToken);
        return state.RecordExists
            ? state.State
            : throw new RefusedException(ErrorCode.NotFound, "There is no such group.");
    }
}
