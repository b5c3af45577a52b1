namespace CodeSigning.Identities;

/// <summary>A person. Who is neither a product administrator nor that person sees id and name alone.</summary>
/// <param name="Id">The id, <c>usr_…</c>.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Email">The address to sign in with.</param>
/// <param name="ProductRole">The role in the product.</param>
/// <param name="Status">Whether the person may act.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="LastLoginAt">The last login (UTC); some seconds late.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UserView")]
public sealed record UserView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string? Email = null,
    [property: Id(3)] ProductRole? ProductRole = null,
    [property: Id(4)] PrincipalStatus? Status = null,
    [property: Id(5)] DateTimeOffset? CreatedAt = null,
    [property: Id(6)] DateTimeOffset? LastLoginAt = null);
