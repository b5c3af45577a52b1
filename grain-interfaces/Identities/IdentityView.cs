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
public sealed record IdentityView(
    string Id,
    string Name,
    string? ClientId = null,
    string? Description = null,
    PrincipalStatus? Status = null,
    OidcBinding? Oidc = null,
    DateTimeOffset? CreatedAt = null,
    DateTimeOffset? LastLoginAt = null);
