using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// JSON objects whose last member is a signature over the same text without that member. Heads, checkpoints and the first
/// line of an export have this form.
/// </summary>
internal static class SignedText
{
    private static ReadOnlySpan<byte> Member => ",\"signature\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>Signs a JSON object: names the key in it and appends the signature.</summary>
    /// <param name="open">The object without its closing brace.</param>
    /// <param name="key">The ledger's key.</param>
    public static string Sign(string open, ILedgerKey key)
    {
        var body = $"{open},\"keyId\":\"{key.KeyId}\"";
        var signature = key.SignDigest(SHA256.HashData(Encoding.UTF8.GetBytes(body + "}")));
        return $"{body}{Encoding.UTF8.GetString(Member)}{Convert.ToBase64String(signature)}\"}}";
    }

    /// <summary>Takes a signed text apart: the digest that was signed, and the signature.</summary>
    /// <returns>False where the text does not end as a signed one does.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out byte[] digest, out byte[] signature)
    {
        (digest, signature) = ([], []);
        var start = text.LastIndexOf(Member);
        if (start < 1 || !text.EndsWith(End) || text.Length < start + Member.Length + End.Length)
        {
            return false;
        }

        var base64 = Encoding.ASCII.GetString(text[(start + Member.Length)..^End.Length]);
        var bytes = new byte[base64.Length];
        // Only the one spelling that an encoder writes: otherwise a text could change and its signature still fit.
        if (!Convert.TryFromBase64String(base64, bytes, out var length) || Convert.ToBase64String(bytes, 0, length) != base64)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(text[..start]);
        hash.AppendData("}"u8);
        (digest, signature) = (hash.GetHashAndReset(), bytes[..length]);
        return true;
    }
}
