using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Signs and verifies the signature with the certificate's public key before it is given out. A single fault in RSA's
/// arithmetic gives the private key away to whoever sees the signature, and checking costs two per cent: RSA is always
/// checked. ECDSA's check costs more than the signature, so it is made for one signature in so many.
/// </summary>
public sealed class CheckedSigner
{
    private readonly uint _ecdsaCheckEvery;
    private uint _ecdsaSignatures;

    /// <summary>Makes a signer that checks one ECDSA signature in <paramref name="ecdsaCheckEvery"/>; 1 checks all, 0 none.</summary>
    public CheckedSigner(int ecdsaCheckEvery)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ecdsaCheckEvery);
        _ecdsaCheckEvery = (uint)ecdsaCheckEvery;
    }

    /// <summary>Signs a digest; see <see cref="KeyHandle.SignDigest"/>.</summary>
    /// <param name="key">The certificate's private key.</param>
    /// <param name="certificatePublicKey">The certificate's SubjectPublicKeyInfo, DER.</param>
    /// <param name="algorithm">The scheme.</param>
    /// <param name="digest">The digest, as long as the scheme's.</param>
    /// <exception cref="SignatureCheckException">The signature does not verify; it must not leave.</exception>
    /// <exception cref="ArgumentException">The scheme does not fit the key, or the digest is not as long as the scheme's.</exception>
    public byte[] SignDigest(
        KeyHandle key, ReadOnlySpan<byte> certificatePublicKey, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        var signature = key.SignDigest(algorithm, digest);
        if (IsToBeChecked(key.Algorithm) && !key.Verify(certificatePublicKey, algorithm, digest, signature))
        {
            throw new SignatureCheckException(key.Reference);
        }

        return signature;
    }

    private bool IsToBeChecked(KeyAlgorithm algorithm) =>
        algorithm.IsRsa()
        || (_ecdsaCheckEvery > 0 && (Interlocked.Increment(ref _ecdsaSignatures) - 1) % _ecdsaCheckEvery == 0);
}

/// <summary>
/// A signature was made that does not verify with the certificate's public key: the key is not the certificate's, or the
/// machine miscalculated. The signature is thrown away.
/// </summary>
public sealed class SignatureCheckException(KeyReference key)
    : Exception($"A signature by key {key} did not verify with its certificate and was thrown away.")
{
    /// <summary>The key.</summary>
    public KeyReference Key { get; } = key;
}
