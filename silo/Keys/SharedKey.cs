using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// An opened key that several users hold at once. It is freed when the last of them lets go, the first being whoever
/// made it, so a key that leaves the cache in the middle of a signature lives until that signature is made.
/// </summary>
internal sealed class SharedKey(KeyReference reference, PrivateKey key)
{
    private CertificateKey? _certificateKey;
    private int _holders = 1;

    public KeyReference Reference { get; } = reference;

    public PrivateKey Key { get; } = key;

    /// <summary>Becomes one more holder; false if the key is freed already.</summary>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
        {
            return;
        }

        Key.Dispose();
        _certificateKey?.Key.Dispose();
    }

    /// <summary>Verifies with the certificate's public key. A key has one public key, so the first is kept parsed.</summary>
    public bool Verify(
        ReadOnlySpan<byte> certificatePublicKey, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var kept = Volatile.Read(ref _certificateKey);
        if (kept is not null && certificatePublicKey.SequenceEqual(kept.SubjectPublicKeyInfo))
        {
            return kept.Key.Verify(algorithm, digest, signature);
        }

        var fresh = VerificationKey.FromSubjectPublicKeyInfo(certificatePublicKey);
        var isValid = fresh.Verify(algorithm, digest, signature);
        var candidate = new CertificateKey(certificatePublicKey.ToArray(), fresh);
        if (kept is not null || Interlocked.CompareExchange(ref _certificateKey, candidate, null) is not null)
        {
            fresh.Dispose();
        }

        return isValid;
    }

    private sealed record CertificateKey(byte[] SubjectPublicKeyInfo, VerificationKey Key);
}
