using System.Security.Cryptography;
using System.Text.Json;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>The public keys that heads and checkpoints may be signed with.</summary>
public sealed class VerificationKeys : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = [];

    /// <summary>Adds a public key given as SubjectPublicKeyInfo, DER.</summary>
    /// <exception cref="CryptographicException">It is not such a key.</exception>
    public VerificationKeys Add(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        if (!_keys.TryAdd(SubjectPublicKeyInfo.NameOf(subjectPublicKeyInfo), key))
        {
            key.Dispose();
        }

        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    /// <summary>The fault of a signed text's signature; null if it is valid.</summary>
    internal string? FindFault(ReadOnlySpan<byte> text, JsonElement json)
    {
        if (!SignedText.TryRead(text, out var digest, out var signature))
        {
            return "has a malformed signature";
        }

        if (!json.TryGetProperty("keyId", out var keyId) || keyId.ValueKind != JsonValueKind.String
            || !_keys.TryGetValue(keyId.GetString()!, out var key))
        {
            return "is signed with a key other than the given ones";
        }

        return key.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence) ? null : "has an invalid signature";
    }
}
