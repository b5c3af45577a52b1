using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// JSON objects whose last member is a signature over the same text without that member. Heads and checkpoints have this
/// form.
/// </summary>
internal static class SignedText
{
    public const string SignatureMember = ",\"signature\":\"";

    /// <summary>Signs a JSON object: names the key in it and appends the signature.</summary>
    /// <param name="open">The object without its closing brace.</param>
    /// <param name="key">The ledger's key.</param>
    public static string Sign(string open, ILedgerKey key)
    {
        var body = $"{open},\"keyId\":\"{key.KeyId}\"";
        var signature = key.SignDigest(SHA256.HashData(Encoding.UTF8.GetBytes(body + "}")));
        return $"{body}{SignatureMember}{Convert.ToBase64String(signature)}\"}}";
    }
}
