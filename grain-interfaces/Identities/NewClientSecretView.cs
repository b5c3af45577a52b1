namespace CodeSigning.Identities;

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
