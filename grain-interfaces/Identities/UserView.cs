namespace CodeSigning.Identities;

/// <summary>A person. Who is neither a product administrator nor that person sees id and name alone.</summary>
/// <param name="Id">The id, <c>usr_…</c>.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Email">The address to sign in with.</param>
/// <param name="ProductRole">The role in the product.</param>
/// <param name="Status">Whether the person may act.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="LastLoginAt">The last login (UTC); some seconds late.</param>
public sealed record UserView(
    string Id,
    string Name,
    string? Email = null,
    ProductRole? ProductRole = null,
    PrincipalStatus? Status = null,
    DateTimeOffset? CreatedAt = null,
    DateTimeOffset? LastLoginAt = null);
