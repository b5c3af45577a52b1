
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

/// <summary>A client secret just made. The one time that the secret is shown.</summary>
/// <param name="Id">The id, <c>sec_…</c>.</param>
/// <param name="ClientId">The machine identity's client id.</param>
/// <param name="ClientSecret">The secret: its id, a dot, and 256 random bits as base64url.</param>
/// <param name="ExpiresAt">Until when it can be used (UTC).</param>
/// <param name="MaxUses">How many logins it is good for.</param>
public sealed record NewClientSecretView(
    string Id,
    string ClientId,
    string ClientSecret,
    DateTimeOffset? ExpiresAt,
    long? MaxUses)
{
    /// <summary>Without the secret, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(NewClientSecretView)} {{ Id = {Id} }}";
}

/// <summary>A client secret to be made.</summary>
/// <param name="Description">At most 256 characters.</param>
/// <param name="Ttl">How long it can be used, such as <c>90d</c>; for ever if not given.</param>
/// <param name="MaxUses">How many logins it is good for; any number if not given.</param>
public sealed record CreateClientSecret(
    string? Description = null, string? Ttl = null, long? MaxUses = null);
