namespace CodeSigning.Identities;

/// <summary>A group of people and machine identities. Who is no product administrator sees id and name alone.</summary>
/// <param name="Id">The id, <c>grp_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
public sealed record GroupView(
    string Id,
    string Name,
    DateTimeOffset? CreatedAt = null);

/// <summary>A member of a group.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id, which also names the membership.</param>
/// <param name="Name">Its name.</param>
/// <param name="PendingRequestId">The request to add it, which waits for approval; it is no member yet.</param>
public sealed record GroupMemberView(
    PrincipalKind Kind, string Id, string Name, string? PendingRequestId = null);

/// <summary>A group to be made.</summary>
/// <param name="Name">1 to 64 characters; no two groups share one.</param>
public sealed record CreateGroup(string Name);

/// <summary>What of a group shall change.</summary>
/// <param name="Name">The new name.</param>
public sealed record UpdateGroup(string Name);
