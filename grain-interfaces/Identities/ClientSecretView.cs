namespace CodeSigning.Identities;

/// <summary>A client secret of a machine identity, without the secret.</summary>
/// <param name="Id">The id, <c>sec_…</c>; the secret begins with it.</param>
/// <param name="Description">Its description.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="CreatedBy">Who made it, and so saw it.</param>
/// <param name="ExpiresAt">Until when it can be used (UTC).</param>
/// <param name="MaxUses">How many logins it is good for.</param>
/// <param name="Uses">How many logins there were; some seconds late.</param>
/// <param name="LastUsedAt">The last login with it (UTC); some seconds late.</param>
public sealed record ClientSecretView(
    string Id,
    string? Description,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy,
    DateTimeOffset? ExpiresAt,
    long? MaxUses,
    long Uses = 0,
    DateTimeOffset? LastUsedAt = null);
