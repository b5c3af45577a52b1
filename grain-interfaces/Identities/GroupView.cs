using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>
/// A group of people and machine identities. Callers other than product administrators see id and name only.
/// </summary>
/// <param name="Id">The id, <c>grp_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
public sealed record GroupView(
    string Id,
    string Name,
    DateTimeOffset? CreatedAt = null);

/// <summary>A member of a group.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id, which also identifies the membership.</param>
/// <param name="Name">Its name.</param>
/// <param name="PendingRequestId">The pending request to add it; until that is approved it is not a member.</param>
public sealed record GroupMemberView(
    PrincipalKind Kind, string Id, string Name, string? PendingRequestId = null);

/// <summary>The body that creates a group.</summary>
/// <param name="Name">1 to 64 characters, unique among groups.</param>
public sealed record CreateGroup(string Name);

/// <summary>The body that changes a group.</summary>
/// <param name="Name">The new name.</param>
public sealed record UpdateGroup(string Name);

/// <summary>The body that adds a member to a group.</summary>
/// <param name="Kind">A person or a machine identity; groups do not nest.</param>
/// <param name="Id">Its id, or the name of a machine identity, or a person's email address.</param>
public sealed record NewGroupMember([property: Offers(PrincipalKind.User, PrincipalKind.Identity)] PrincipalKind Kind, string Id)
{
    /// <summary>The new member.</summary>
    public PrincipalRef ToRef() => new(Kind, Id);
}
