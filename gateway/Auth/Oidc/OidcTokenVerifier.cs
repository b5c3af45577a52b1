using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSigning.Grains.Identities;
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
    public Task<TokenVerdict> VerifyAsync(
        string issuer, string audience, string token, CancellationToken cancellationToken) =>
        VerifyAsync(issuer, audience, token, isSubjectRequired: true, cancellationToken);

    /// <summary>Verifies a token that may have no subject, which is empty then.</summary>
    /// <inheritdoc cref="VerifyAsync(string, string, string, CancellationToken)"/>
    public Task<TokenVerdict> VerifyAnyAsync(
        string issuer, string audience, string token, CancellationToken cancellationToken) =>
        VerifyAsync(issuer, audience, token, isSubjectRequired: false, cancellationToken);

    private async Task<TokenVerdict> VerifyAsync(
        string issuer, string audience, string token, bool isSubjectRequired, CancellationToken cancellationToken)
    {
        if (Parse(token) is not { } parsed)
        {
            return TokenVerdict.Invalid($"it is no signed JSON Web Token of three parts and at most {MaxLength} characters");
        }

        if (FindFault(parsed, issuer, audience, isSubjectRequired) is { } fault)
        {
            return TokenVerdict.Invalid(fault);
        }

        if (await keys.FindAsync(issuer, parsed.Kid, cancellationToken) is not { } key)
        {
            return TokenVerdict.Invalid("the issuer publishes no usable key of its key id (kid)");
        }

        var result = await _handler.ValidateTokenAsync(token, ParametersFor(issuer, audience, key));
        if (!result.IsValid)
        {
            return TokenVerdict.Invalid(Describe(result.Exception, parsed));
        }

        if (TokenClaims.Read(parsed) is not { } claims)
        {
            return TokenVerdict.Invalid("its claims are not one JSON object without duplicate names");
        }

        var signedPart = Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);
        var expiresAt = new DateTimeOffset(parsed.ValidTo, TimeSpan.Zero);
        return new TokenVerdict(new VerifiedToken(parsed.Subject ?? "", expiresAt, SHA256.HashData(signedPart), claims), null);
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

    private static string? FindFault(JsonWebToken token, string issuer, string audience, bool isSubjectRequired) => token switch
    {
        _ when token.Issuer != issuer => "its issuer (iss) is not the expected one",
        _ when !token.Audiences.SequenceEqual([audience]) => "its audience (aud) is not exactly the expected one",
        _ when isSubjectRequired && string.IsNullOrEmpty(token.Subject) => "it has no subject (sub)",
        _ when string.IsNullOrEmpty(token.Kid) => "it names no key (kid)",
        _ when token.TryGetHeaderValue<object>("crit", out _) => "it has critical header parameters (crit)",
        _ when !Algorithms.Contains(token.Alg) => $"its algorithm (alg) is none of {string.Join(", ", Algorithms)}",
        _ => null,
    };

    private string Describe(Exception? exception, JsonWebToken token) => exception switch
    {
        SecurityTokenNoExpirationException or SecurityTokenInvalidLifetimeException when token.ValidTo == DateTime.MinValue =>
            "it never expires (exp is missing)",
        SecurityTokenInvalidLifetimeException when token.ValidTo <= time.GetUtcNow().UtcDateTime - Skew => "it has expired (exp)",
        SecurityTokenInvalidLifetimeException => "it is not yet valid (nbf), or its times are invalid",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "its signature is not the issuer's",
        _ => "its signature, times, issuer or audience cannot be verified",
    };

    private TokenValidationParameters ParametersFor(string issuer, string audience, SecurityKey key) => new()
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

/// <summary>Reads the claims of a token as the texts that patterns are held against.</summary>
internal static class TokenClaims
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The claims by name; null where the payload is not one unambiguous JSON object.</summary>
    public static ImmutableDictionary<string, ImmutableArray<string>>? Read(JsonWebToken token)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload), Strict);
            return payload.RootElement.EnumerateObject().ToImmutableDictionary(
                claim => claim.Name, claim => ToTexts(claim.Value).ToImmutableArray(), StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether a claim is an object with a member that is an object.</summary>
    public static bool HasObject(JsonWebToken token, string claim, string member)
    {
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload), Strict);
        return payload.RootElement.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Object
            && value.TryGetProperty(member, out var found) && found.ValueKind == JsonValueKind.Object;
    }

    // An object is no text that a pattern could be meant for.
    private static IEnumerable<string> ToTexts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
        JsonValueKind.Array => value.EnumerateArray().Where(item => item.ValueKind != JsonValueKind.Array).SelectMany(ToTexts),
        _ => [],
    };
}
