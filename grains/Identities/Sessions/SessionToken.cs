using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Identifiers;

namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>
/// The opaque token of a session: <c>cs_</c>, the 26 characters of the session's id after its prefix, and 256 random bits
/// as 43 characters of base64url. The id in it finds the session's row; what proves the bearer is the SHA-256 of the
/// whole text, which is all that is stored. The text has so much chance in it that a slow hash would add nothing.
/// </summary>
public static class SessionToken
{
    /// <summary>The token's length in characters.</summary>
    public const int Length = PrefixLength + KeyLength + SecretLength;

    /// <summary>The length of what a token's session is found by, in characters.</summary>
    public const int KeyLength = 26;

    private const string Prefix = "cs_";
    private const int PrefixLength = 3;
    private const int SecretLength = 43;

    /// <summary>Makes the token of a new session.</summary>
    internal static string New(string sessionId)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var token = string.Concat(Prefix, sessionId.AsSpan(IdPrefixes.Session.Length + 1), Base64Url.EncodeToString(random));
        CryptographicOperations.ZeroMemory(random);
        return token;
    }

    /// <summary>What finds the session of a token; false where the text cannot be one.</summary>
    public static bool TryGetKey(ReadOnlySpan<char> token, out ReadOnlySpan<char> key)
    {
        var isToken = token.Length == Length && token.StartsWith(Prefix, StringComparison.Ordinal) && Ascii.IsValid(token);
        key = isToken ? token.Slice(PrefixLength, KeyLength) : default;
        return isToken;
    }

    /// <summary>The session's id.</summary>
    /// <param name="key">What <see cref="TryGetKey"/> gave.</param>
    public static string ToSessionId(ReadOnlySpan<char> key) => string.Concat(IdPrefixes.Session, "_", key);

    /// <summary>Hashes a token of <see cref="Length"/> ASCII characters into 32 bytes, without allocating.</summary>
    public static void Hash(ReadOnlySpan<char> token, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Ascii.FromUtf16(token, bytes, out var written);
        SHA256.HashData(bytes[..written], hash);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
