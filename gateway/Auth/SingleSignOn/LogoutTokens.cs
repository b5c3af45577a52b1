using CodeSigning.Errors;
using CodeSigning.Gateway.Auth.Oidc;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>Verifies the provider's logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6).</summary>
internal sealed class LogoutTokens(OidcTokenVerifier verifier, GatewaySettings settings)
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";
    private const string Type = "logout+jwt";

    /// <summary>The logout that a token announces.</summary>
    /// <exception cref="RefusedException">
    /// <c>InvalidRequest</c>: the token is invalid; <c>NotFound</c>: there is no provider; <c>Unavailable</c>: its keys cannot be read.
    /// </exception>
    public async Task<ProviderLogout> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (settings.SingleSignOn is not { } provider)
        {
            throw SingleSignOnRefusals.NotSetUp();
        }

        var verdict = await verifier.VerifyAnyAsync(provider.Issuer, provider.ClientId, token, cancellationToken);
        if (verdict.Token is not { } verified)
        {
            throw Invalid(verdict.Fault!);
        }

        var parsed = new JsonWebToken(token);
        if (FindFault(parsed, verified) is { } fault)
        {
            throw Invalid(fault);
        }

        return new ProviderLogout(
            provider.Issuer, One(verified, "jti")!, verified.ExpiresAt, verified.Subject.Length == 0 ? null : verified.Subject, One(verified, "sid"));
    }

    private static string? FindFault(JsonWebToken token, VerifiedToken verified) => token switch
    {
        // Providers of before the final specification send JWT.
        _ when token.Typ is not null && !IsType(token.Typ, Type) && !IsType(token.Typ, "JWT") => "it is a token of another type (typ)",
        _ when !TokenClaims.HasObject(token, "events", Event) => "it announces no logout (events)",
        _ when verified.Claims.ContainsKey("nonce") => "it has a nonce, like an ID token",
        _ when One(verified, "jti") is null => "it has no id (jti)",
        _ when One(verified, "iat") is null => "it does not say when it was issued (iat)",
        _ when verified.Subject.Length == 0 && One(verified, "sid") is null => "it names neither a subject (sub) nor a session (sid)",
        _ => null,
    };

    private static bool IsType(string? type, string expected) => string.Equals(type, expected, StringComparison.OrdinalIgnoreCase);

    private static string? One(VerifiedToken token, string claim) =>
        token.Claims.GetValueOrDefault(claim, []) is [{ Length: > 0 } value] ? value : null;

    private static RefusedException Invalid(string fault) => new(ErrorCode.InvalidRequest, $"The logout token is invalid: {fault}.");
}

/// <summary>Refusals where there is no identity provider.</summary>
internal static class SingleSignOnRefusals
{
    /// <summary><c>NotFound</c>: no provider is set.</summary>
    public static RefusedException NotSetUp() =>
        new(ErrorCode.NotFound, "Single sign-on is not set up: the operator sets CODESIGNING_SSO_ISSUER.");
}
