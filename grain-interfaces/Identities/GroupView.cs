namespace CodeSigning.Identities;

/// <summary>A group of people and machine identities. Who is no product administrator sees id and name alone.</summary>
/// <param name="Id">The id, <c>grp_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
[GenerateSerializer, Immutable, Alias("codesigning.GroupView")]
public sealed record GroupView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] DateTimeOffset? CreatedAt = null);
