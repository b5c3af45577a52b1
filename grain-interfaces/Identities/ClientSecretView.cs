
namespace CodeSigning.Identities;

/// <summary>A client secret of a machine identity, without the secret.</summary>
/// <param name="Id">The id, <c>sec_…</c>; the secret begins with it.</param>
/// <param name="Description">Its description.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="CreatedBy">Who created it, and therefore saw the secret.</param>
/// <param name="ExpiresAt">When it expires (UTC).</param>
/// <param name="MaxUses">The maximum number of logins.</param>
/// <param name="Uses">The number of logins so far; updated with a delay of seconds.</param>
/// <param name="LastUsedAt">The last login with it (UTC); updated with a delay of seconds.</param>
public sealed record ClientSecretView(
    string Id,
    string? Description,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy,
    DateTimeOffset? ExpiresAt,
    long? MaxUses,
    long Uses = 0,
    DateTimeOffset? LastUsedAt = null);

/// <summary>A new client secret; the only response that contains the secret.</summary>
/// <param name="Id">The id, <c>sec_…</c>.</param>
/// <param name="ClientId">The machine identity's client id.</param>
/// <param name="ClientSecret">The secret: its id, a dot, and 256 random bits as base64url.</param>
/// <param name="ExpiresAt">When it expires (UTC).</param>
/// <param name="MaxUses">The maximum number of logins.</param>
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

/// <summary>The body that creates a client secret.</summary>
/// <param name="Description">At most 256 characters.</param>
/// <param name="Ttl">Its lifetime, such as <c>90d</c>; unlimited if not given.</param>
/// <param name="MaxUses">The maximum number of logins; unlimited if not given.</param>
public sealed record CreateClientSecret(
    string? Description = null, string? Ttl = null, long? MaxUses = null);
