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

/// <summary>Who the caller is.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="ProductRole">Its role in the product.</param>
/// <param name="Groups">The groups that it is in.</param>
/// <param name="Session">The session of this request.</param>
public sealed record MeView(
    PrincipalKind Kind,
    string Id,
    string Name,
    ProductRole ProductRole,
    IReadOnlyList<GroupView> Groups,
    SessionView Session);
