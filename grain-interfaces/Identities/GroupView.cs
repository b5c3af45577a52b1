using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>
/// A group of people and machine identities. Callers other than product administrators see id and name only.
/// </summary>
/// <param name="Id">The id, <c>grp_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="ExternalName">The identity provider's name of the group whose people are in this one.</param>
/// <param name="MayApprove">Whether people whom the identity provider put into the group may approve through it.</param>
public sealed record GroupView(
    string Id,
    string Name,
    DateTimeOffset? CreatedAt = null,
    string? ExternalName = null,
    bool? MayApprove = null);

/// <summary>A member of a group.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id, which also identifies the membership.</param>
/// <param name="Name">Its name.</param>
/// <param name="PendingRequestId">The pending request to add it; until that is approved it is not a member.</param>
public sealed record GroupMemberView(
    PrincipalKind Kind, string Id, string Name, string? PendingRequestId = null);

/// <summary>The body that creates a group.</summary>
/// <param name="Name">1 to 64 characters, unique among groups.</param>
/// <param name="ExternalName">
/// The identity provider's name of a group, 1 to 256 characters: whoever signs in there is in this group as long as the
/// groups claim names it, and nobody else is.
/// </param>
/// <param name="MayApprove">
/// Whether those people may approve through the group; false unless given, and only with <c>externalName</c>.
/// </param>
public sealed record CreateGroup(string Name, string? ExternalName = null, bool? MayApprove = null);

/// <summary>The body that changes a group; absent members stay unchanged.</summary>
/// <param name="Name">The new name.</param>
/// <param name="MayApprove">Whether people whom the identity provider put into the group may approve through it.</param>
public sealed record UpdateGroup(string? Name = null, bool? MayApprove = null)
{
    /// <summary>The identity provider's name of the group, which must have no people in it; null removes it.</summary>
    public OptionalText ExternalName { get; init; }
}

/// <summary>The body that adds a member to a group.</summary>
/// <param name="Kind">A person or a machine identity; groups do not nest.</param>
/// <param name="Id">Its id, or the name of a machine identity, or a person's email address.</param>
public sealed record NewGroupMember([property: Offers(PrincipalKind.User, PrincipalKind.Identity)] PrincipalKind Kind, string Id)
{
    /// <summary>The new member.</summary>
    public PrincipalRef ToRef() => new(Kind, Id);
}
