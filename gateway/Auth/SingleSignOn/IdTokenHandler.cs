using System.Security.Claims;
using CodeSigning.Gateway.Auth.Oidc;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>
/// Verifies ID tokens by the rules of all tokens here (<see cref="OidcTokenVerifier"/>), with the provider's keys as
/// <see cref="IssuerKeys"/> judges them. The <see cref="VerifiedToken"/> is the identity's bootstrap context.
/// </summary>
internal sealed class IdTokenHandler(OidcTokenVerifier verifier, SingleSignOnSettings settings) : TokenHandler
{
    /// <inheritdoc/>
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        if (token is null)
        {
            return Refuse("the identity provider's answer holds none");
        }

        // The handler that calls this has no cancellation token to pass on.
        var verdict = await verifier.VerifyAsync(settings.Issuer, settings.ClientId, token, CancellationToken.None);
        if (verdict.Token is not { } verified)
        {
            return Refuse(verdict.Fault!);
        }

        var parsed = new JsonWebToken(token);
        return parsed.Typ is null || string.Equals(parsed.Typ, "JWT", StringComparison.OrdinalIgnoreCase)
            ? new TokenValidationResult
            {
                IsValid = true,
                SecurityToken = parsed,
                ClaimsIdentity = new ClaimsIdentity([new Claim("sub", verified.Subject)], "oidc") { BootstrapContext = verified },
            }
            : Refuse("it is a token of another type (typ)");
    }

    private static TokenValidationResult Refuse(string fault) => new()
    {
        IsValid = false,
        Exception = new SignInRefusedException(SignInFault.TokenInvalid, $"The ID token is invalid: {fault}."),
    };
}
