namespace CodeSigning.Identities;

/// <summary>A group of people and machine identities. Who is no product administrator sees id and name alone.</summary>
/// <param name="Id">The id, <c>grp_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
public sealed record GroupView(
    string Id,
    string Name,
    DateTimeOffset? CreatedAt = null);
