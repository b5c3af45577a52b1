using CodeSigning.Errors;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>
/// The address a person signs in with, in lower case. Printable ASCII alone: letters that only look alike must not make
/// two people of one, or one of two.
/// </summary>
internal static class EmailAddress
{
    private const int MaxLength = 254;

    /// <summary>The address in lower case.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string Demand(string? text) => Normalize(text) ?? throw new RefusedException(
        ErrorCode.InvalidRequest, "An email address has the form name@host, in printable ASCII, of at most 254 characters.");

    /// <summary>The address in lower case; null where the text is none.</summary>
    public static string? Normalize(string? text)
    {
        if (text is null || text.Length > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null;
        }

        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1 && at == text.LastIndexOf('@') ? text.ToLowerInvariant() : null;
    }
}
