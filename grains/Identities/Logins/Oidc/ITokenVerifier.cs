namespace CodeSigning.Grains.Identities.Logins.Oidc;

/// <summary>Verifies tokens of OpenID Connect issuers (OpenID Connect Core 1.0, section 3.1.3.7).</summary>
public interface ITokenVerifier
{
    /// <summary>
    /// Verifies a token's signature with the issuer's published keys, its issuer and its one audience exactly, and that
    /// its time is now.
    /// </summary>
    /// <param name="issuer">The issuer that an administrator bound.</param>
    /// <param name="audience">The audience that an administrator bound.</param>
    /// <param name="token">The token in compact form (RFC 7515, section 3.1).</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null for a token that does not hold.</returns>
    /// <exception cref="Errors.RefusedException"><c>Unavailable</c> where the issuer's keys cannot be read at the moment.</exception>
    Task<VerifiedToken?> VerifyAsync(string issuer, string audience, string token, CancellationToken cancellationToken);
}
