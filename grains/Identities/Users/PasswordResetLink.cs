using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Identifiers;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>A link that was sent to a person, as it is stored.</summary>
/// <param name="TokenHash">SHA-256 of the token in it.</param>
/// <param name="ExpiresAt">Until when it can be used (UTC).</param>
public sealed record PasswordResetLink(byte[] TokenHash, DateTimeOffset ExpiresAt)
{
    private const int RandomBytes = 32;

    /// <summary>Makes a token: the person's id, a dot, and 256 random bits as base64url.</summary>
    internal static string NewToken(string userId) =>
        $"{userId}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))}";

    /// <summary>The person whom a token names; null where it has not the form of one.</summary>
    internal static string? ReadUserId(string token)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && EntityId.Is(IdPrefixes.User, token[..dot]) ? token[..dot] : null;
    }

    /// <summary>SHA-256 of a token.</summary>
    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether this is the link of a token, and not over.</summary>
    internal bool Opens(string token, DateTimeOffset now) =>
        now < ExpiresAt && CryptographicOperations.FixedTimeEquals(TokenHash, Hash(token));
}
