using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.Identities.Logins.Oidc;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodeSigning.Gateway.Auth.Oidc;

/// <summary>
/// Verifies a CI's token (RFC 7519, section 7.2; OpenID Connect Core 1.0, section 3.1.3.7). What is cheap comes first:
/// nothing is fetched for a token of another issuer or form. Only asymmetric algorithms are taken, and only the key that the token names
/// by its id, so that neither <c>none</c> nor a public key taken for a shared secret gets anywhere.
/// </summary>
internal sealed class OidcTokenVerifier(IssuerKeys keys, TimeProvider time) : ITokenVerifier
{
    private const int MaxLength = 16 * 1024;
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };

    /// <inheritdoc/>
    public async Task<VerifiedToken?> VerifyAsync(
        string issuer, string audience, string token, CancellationToken cancellationToken)
    {
        if (Parse(token) is not { } parsed || !IsMeant(parsed, issuer, audience)
            || await keys.FindAsync(issuer, parsed.Kid, cancellationToken) is not { } key)
        {
            return null;
        }

        var result = await _handler.ValidateTokenAsync(token, Demands(issuer, audience, key));
        if (!result.IsValid || TokenClaims.Read(parsed) is not { } claims)
        {
            return null;
        }

        var signedPart = Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);
        return new VerifiedToken(
            parsed.Subject, new DateTimeOffset(parsed.ValidTo, TimeSpan.Zero), SHA256.HashData(signedPart), claims);
    }

    private JsonWebToken? Parse(string token)
    {
        try
        {
            return token.Length <= MaxLength && IsSigned(token) && _handler.CanReadToken(token)
                ? _handler.ReadJsonWebToken(token)
                : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or SecurityTokenException)
        {
            return null;
        }
    }

    /// <summary>Three parts are a signed token (RFC 7515, section 7.1); five would be an encrypted one.</summary>
    private static bool IsSigned(string token) => token.AsSpan().Count('.') == 2;

    private static bool IsMeant(JsonWebToken token, string issuer, string audience) =>
        token.Issuer == issuer
        && token.Audiences.SequenceEqual([audience])
        && !string.IsNullOrEmpty(token.Subject)
        && !string.IsNullOrEmpty(token.Kid)
        && !token.TryGetHeaderValue<object>("crit", out _)
        && Algorithms.Contains(token.Alg);

    private TokenValidationParameters Demands(string issuer, string audience, SecurityKey key) => new()
    {
        ValidIssuer = issuer,
        ValidAudience = audience,
        ValidAlgorithms = Algorithms,
        IssuerSigningKey = key,
        TryAllIssuerSigningKeys = false,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, _) => IsNow(notBefore, expires),
    };

    private bool IsNow(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        // RFC 7519, section 4.1.5: nbf is optional, and some CIs leave it out; exp is demanded.
        return (notBefore is null || notBefore <= now + Skew) && expires > now - Skew;
    }
}
