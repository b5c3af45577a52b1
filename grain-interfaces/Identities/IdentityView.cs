namespace CodeSigning.Identities;

/// <summary>A machine identity. Who is neither a product administrator nor that identity sees id and name alone.</summary>
/// <param name="Id">The id, <c>idn_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="ClientId">What it logs in with beside a client secret: its id.</param>
/// <param name="Description">Its description.</param>
/// <param name="Status">Whether it may act.</param>
/// <param name="Oidc">The tokens of a CI that it may log in with.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="LastLoginAt">The last login (UTC); some seconds late.</param>
[GenerateSerializer, Immutable, Alias("codesigning.IdentityView")]
public sealed record IdentityView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string? ClientId = null,
    [property: Id(3)] string? Description = null,
    [property: Id(4)] PrincipalStatus? Status = null,
    [property: Id(5)] OidcBinding? Oidc = null,
    [property: Id(6)] DateTimeOffset? CreatedAt = null,
    [property: Id(7)] DateTimeOffset? LastLoginAt = null);
