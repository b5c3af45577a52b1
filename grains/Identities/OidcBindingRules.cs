using System.Collections.Immutable;
using System.Net;
using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>Validates OIDC bindings, and matches verified tokens against them.</summary>
internal static class OidcBindingRules
{
    private const int MaxIssuerLength = 512;
    private const int MaxTextLength = 256;
    private const int MaxGlobLength = 512;
    private const int MaxClaims = 32;

    // These claims have rules of their own: issuer, audience and times are never matched by patterns.
    private static readonly string[] ReservedClaims = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"];

    /// <summary>Refuses a binding that could let strangers in.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void Validate(OidcBinding binding)
    {
        if (!IsIssuer(binding.Issuer))
        {
            throw Invalid("The field 'issuer' is invalid: expected an https URL without query and fragment (http only on loopback), at most 512 characters.");
        }

        if (binding.Audience.Length is 0 or > MaxTextLength)
        {
            throw Invalid("The field 'audience' is invalid: expected 1 to 256 characters.");
        }

        var claims = binding.Claims?.ToArray() ?? [];
        if (claims.Length > MaxClaims || Array.Exists(claims, claim => claim.Key.Length is 0 or > MaxTextLength)
            || Array.Exists(claims, claim => ReservedClaims.Contains(claim.Key)))
        {
            throw Invalid($"The field 'claims' is invalid: expected at most 32, with names of 1 to 256 characters, and none of {string.Join(", ", ReservedClaims)}.");
        }

        // JSON may contain null values despite the declared type.
        (string Field, string? Glob)[] globs =
        [
            .. claims.Select(claim => ($"claims.{claim.Key}", (string?)claim.Value)),
            .. binding.Subject is { } subject ? [("subject", subject)] : Array.Empty<(string, string?)>(),
        ];
        if (Array.Find(globs, one => one.Glob is null or { Length: 0 or > MaxGlobLength }) is { Field: { } field })
        {
            throw Invalid($"The field '{field}' is invalid: expected a pattern of 1 to {MaxGlobLength} characters.");
        }

        if (!Array.Exists(globs, one => ClaimGlob.IsSelective(one.Glob!)))
        {
            throw Invalid("The binding is too broad: bind 'subject' or one of 'claims' to a pattern other than '*', or every user of the issuer could log in.");
        }
    }

    /// <summary>
    /// The name of the claim that does not match the binding; null for a token that matches. The token's issuer,
    /// audience and signature were verified before.
    /// </summary>
    public static string? FindMismatch(this OidcBinding binding, VerifiedToken token)
    {
        if (binding.Subject is { } subject && !ClaimGlob.IsMatch(subject, token.Subject))
        {
            return "sub";
        }

        foreach (var (name, glob) in binding.Claims ?? ImmutableSortedDictionary<string, string>.Empty)
        {
            if (!token.Claims.TryGetValue(name, out var values) || !values.Any(value => ClaimGlob.IsMatch(glob, value)))
            {
                return name;
            }
        }

        return null;
    }

    private static bool IsIssuer(string issuer) =>
        issuer.Length <= MaxIssuerLength
        && Uri.TryCreate(issuer, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsLoopback(url)))
        && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0;

    private static bool IsLoopback(Uri url) => IPAddress.TryParse(url.IdnHost, out var address) && IPAddress.IsLoopback(address);

    private static RefusedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}

/// <summary>
/// Patterns in which <c>*</c> matches any text, including none, and everything else matches itself, case-sensitively. A
/// pattern matches the whole text. Each part between stars is matched at its first occurrence, without backtracking.
/// </summary>
internal static class ClaimGlob
{
    private const char Star = '*';

    /// <summary>Whether the pattern matches the whole text.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var first = pattern.IndexOf(Star);
        if (first < 0)
        {
            return text.SequenceEqual(pattern);
        }

        var last = pattern.LastIndexOf(Star);
        var head = pattern[..first];
        var tail = pattern[(last + 1)..];
        if (text.Length < head.Length + tail.Length || !text.StartsWith(head) || !text.EndsWith(tail))
        {
            return false;
        }

        return HoldsInOrder(pattern[first..last], text[head.Length..^tail.Length]);
    }

    /// <summary>Whether the pattern restricts the text at all.</summary>
    public static bool IsSelective(ReadOnlySpan<char> pattern) => pattern.ContainsAnyExcept(Star);

    private static bool HoldsInOrder(ReadOnlySpan<char> stretches, ReadOnlySpan<char> text)
    {
        foreach (var range in stretches.Split(Star))
        {
            var at = text.IndexOf(stretches[range]);
            if (at < 0)
            {
                return false;
            }

            text = text[(at + stretches[range].Length)..];
        }

        return true;
    }
}
