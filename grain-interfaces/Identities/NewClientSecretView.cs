namespace CodeSigning.Identities;

/// <summary>A client secret just made. The one time that the secret is shown.</summary>
/// <param name="Id">The id, <c>sec_…</c>.</param>
/// <param name="ClientId">The machine identity's client id.</param>
/// <param name="ClientSecret">The secret: its id, a dot, and 256 random bits as base64url.</param>
/// <param name="ExpiresAt">Until when it can be used (UTC).</param>
/// <param name="MaxUses">How many logins it is good for.</param>
[GenerateSerializer, Immutable, Alias("codesigning.NewClientSecretView")]
public sealed record NewClientSecretView(
    [property: Id(0)] string Id,
    [property: Id(1)] string ClientId,
    [property: Id(2)] string ClientSecret,
    [property: Id(3)] DateTimeOffset? ExpiresAt,
    [property: Id(4)] long? MaxUses)
{
    /// <summary>Without the secret, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(NewClientSecretView)} {{ Id = {Id} }}";
}
