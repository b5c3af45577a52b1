using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Identifiers;

namespace CodeSigning.Grains.Identities.Machines;

/// <summary>
/// The form of a client secret: its id, a dot, and 256 random bits as 43 characters of base64url. The id finds its row,
/// and tells an administrator which secret it was that leaked; the SHA-256 of the whole text is all that is stored.
/// </summary>
internal static class ClientSecret
{
    private const int SecretLength = 43;

    /// <summary>Makes a secret for an id.</summary>
    public static string New(string secretId)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var secret = string.Concat(secretId, ".", Base64Url.EncodeToString(random));
        CryptographicOperations.ZeroMemory(random);
        return secret;
    }

    /// <summary>The id in a text that has the form of a secret; null otherwise.</summary>
    public static string? ReadId(string secret)
    {
        var dot = secret.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || secret.Length != dot + 1 + SecretLength)
        {
            return null;
        }

        var id = secret[..dot];
        return EntityId.Is(IdPrefixes.ClientSecret, id) ? id : null;
    }

    /// <summary>SHA-256 of the whole text.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
