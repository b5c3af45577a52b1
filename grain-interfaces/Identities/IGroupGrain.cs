namespace CodeSigning.Identities;

/// <summary>
/// A group of people and machine identities; its key is its id. It reads its row before each turn, so that it holds on
/// any number of nodes.
/// </summary>
/// <remarks>Everything here refuses with <see cref="Errors.RefusedException"/>; product administrators only.</remarks>
[Alias("codesigning.IGroupGrain")]
public interface IGroupGrain : IGrainWithStringKey
{
    /// <summary>Makes the group; <c>NameTaken</c> where another has the name.</summary>
    [Alias("Create")]
    Task<GroupView> CreateAsync(Caller caller, CreateGroup request, CancellationToken cancellationToken);

    /// <summary>Gives the group another name.</summary>
    [Alias("Update")]
    Task<GroupView> UpdateAsync(Caller caller, UpdateGroup request, CancellationToken cancellationToken);

    /// <summary>Deletes the group: what it gave its members, they no longer have.</summary>
    [Alias("Delete")]
    Task DeleteAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Adds a person or a machine identity; <c>Conflict</c> where it is a member already. At most 1000; groups do not nest.</summary>
    [Alias("AddMember")]
    Task<GroupMemberView> AddMemberAsync(Caller caller, PrincipalRef member, CancellationToken cancellationToken);

    /// <summary>Removes a member; <c>NotFound</c> where it is none.</summary>
    [Alias("RemoveMember")]
    Task RemoveMemberAsync(Caller caller, string memberId, CancellationToken cancellationToken);

    /// <summary>What decisions need to know, as it stands in the store at the call.</summary>
    [ReadOnly, Alias("GetFacts")]
    Task<GroupFacts> GetFactsAsync();
}
