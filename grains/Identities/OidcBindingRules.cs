using System.Collections.Immutable;
using System.Net;
using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>Which bindings may be set, and which verified tokens they let in.</summary>
internal static class OidcBindingRules
{
    private const int MaxIssuerLength = 512;
    private const int MaxTextLength = 256;
    private const int MaxGlobLength = 512;
    private const int MaxClaims = 32;

    // These have rules of their own: an issuer, an audience or a time is never a matter of globs.
    private static readonly string[] ReservedClaims = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"];

    /// <summary>Refuses a binding that could let strangers in.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void Validate(OidcBinding binding)
    {
        if (!IsIssuer(binding.Issuer))
        {
            throw Invalid("The issuer is an https URL without query and fragment (http on loopback alone), of at most 512 characters.");
        }

        if (binding.Audience.Length is 0 or > MaxTextLength)
        {
            throw Invalid("The audience has 1 to 256 characters.");
        }

        var claims = binding.Claims?.ToArray() ?? [];
        if (claims.Length > MaxClaims || Array.Exists(claims, claim => claim.Key.Length is 0 or > MaxTextLength)
            || Array.Exists(claims, claim => ReservedClaims.Contains(claim.Key)))
        {
            throw Invalid($"At most 32 claims can be bound, none of {string.Join(", ", ReservedClaims)}.");
        }

        // JSON may bring null as a value, whatever the type says.
        string?[] globs = [.. claims.Select(claim => claim.Value), .. binding.Subject is { } subject ? [subject] : Array.Empty<string>()];
        if (Array.Exists(globs, glob => glob is null or { Length: 0 or > MaxGlobLength }))
        {
            throw Invalid("A pattern has 1 to 512 characters.");
        }

        if (!Array.Exists(globs, glob => ClaimGlob.IsSelective(glob!)))
        {
            throw Invalid("Bind the subject or a claim to more than a star: otherwise every user of the issuer could log in.");
        }
    }

    /// <summary>
    /// What of a token does not match the binding, by the claim's name; null for a token that it means. The token is one of
    /// the binding's issuer and audience, and its signature was verified.
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
/// Patterns in which <c>*</c> stands for any text, the empty one too, and everything else for itself, letter case
/// included. A pattern matches the whole text. Each stretch between stars takes its first place after the one before,
/// and never goes back.
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

    /// <summary>Whether the pattern demands anything at all.</summary>
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
