using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Signs, and verifies the signature with the certificate's public key before releasing it. A single fault in RSA
/// arithmetic reveals the private key to whoever sees the signature, and verification costs two percent: RSA is always
/// verified. Verifying ECDSA costs more than signing, so only a sample is verified.
/// </summary>
public sealed class CheckedSigner
{
    private readonly uint _ecdsaCheckEvery;
    private uint _ecdsaSignatures;

    /// <summary>
    /// Creates a signer that verifies one in <paramref name="ecdsaCheckEvery"/> ECDSA signatures; 1 verifies all, 0
    /// none.
    /// </summary>
    public CheckedSigner(int ecdsaCheckEvery)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ecdsaCheckEvery);
        _ecdsaCheckEvery = (uint)ecdsaCheckEvery;
    }

    /// <summary>Signs a digest; see <see cref="KeyHandle.SignDigest"/>.</summary>
    /// <param name="key">The certificate's private key.</param>
    /// <param name="certificatePublicKey">The certificate's SubjectPublicKeyInfo, DER.</param>
    /// <param name="algorithm">The scheme.</param>
    /// <param name="digest">The digest, of the scheme's length.</param>
    /// <exception cref="SignatureCheckException">The signature is invalid; it must not be released.</exception>
    /// <exception cref="ArgumentException">
    /// The scheme does not fit the key, or the digest's length is not the scheme's.
    /// </exception>
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
/// A signature did not verify with the certificate's public key: the key does not belong to the certificate, or the
/// machine miscalculated. The signature was discarded.
/// </summary>
public sealed class SignatureCheckException(KeyReference key)
    : Exception($"A signature by key {key} did not verify with its certificate and was discarded.")
{
    /// <summary>The key.</summary>
    public KeyReference Key { get; } = key;
}
