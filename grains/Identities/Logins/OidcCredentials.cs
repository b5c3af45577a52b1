namespace CodeSigning.Grains.Identities.Logins;

/// <summary>What a machine identity logs in with from its CI.</summary>
/// <param name="IdentityId">The machine identity's id.</param>
/// <param name="Jwt">The CI's OpenID Connect token.</param>
public sealed record OidcCredentials(string IdentityId, string Jwt)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(OidcCredentials);
}
