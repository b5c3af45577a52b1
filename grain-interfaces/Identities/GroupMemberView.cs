namespace CodeSigning.Identities;

/// <summary>A member of a group.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id, which also names the membership.</param>
/// <param name="Name">Its name.</param>
/// <param name="PendingRequestId">The request to add it, which waits for approval; it is no member yet.</param>
public sealed record GroupMemberView(
    PrincipalKind Kind, string Id, string Name, string? PendingRequestId = null);
