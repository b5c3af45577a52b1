using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>A public key for verifying signatures. Safe for use by several threads.</summary>
public sealed class VerificationKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private VerificationKey(KeyAlgorithm algorithm, AsymmetricAlgorithm key)
    {
        Algorithm = algorithm;
        _key = key;
    }

    /// <summary>The key algorithm.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</summary>
    /// <exception cref="CryptographicException">It is malformed or its algorithm is not supported.</exception>
    public static VerificationKey FromSubjectPublicKeyInfo(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        AsymmetricAlgorithm key = SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo) switch
        {
            SubjectPublicKeyInfo.Family.Rsa => RSA.Create(),
            SubjectPublicKeyInfo.Family.Ec => ECDsa.Create(),
            _ => throw new CryptographicException($"The public key's algorithm is not supported: expected {KeyAlgorithmNames.Supported}."),
        };
        try
        {
            var usual = SubjectPublicKeyInfo.Normalize(subjectPublicKeyInfo);
            key.ImportSubjectPublicKeyInfo(usual, out var read);
            if (read != usual.Length || KeyAlgorithms.Of(key) is not { } algorithm)
            {
                throw new CryptographicException($"The public key's algorithm is not supported: expected {KeyAlgorithmNames.Supported}.");
            }

            return new VerificationKey(algorithm, key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Verifies a signature over <paramref name="digest"/>. ECDSA signatures are DER.</summary>
    /// <returns>False also if the scheme does not fit the key or the signature is malformed.</returns>
    public bool Verify(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (!algorithm.Fits(Algorithm) || digest.Length != algorithm.DigestLength())
        {
            return false;
        }

        // RFC 8017, section 8.1.2: a signature is as long as the modulus. OpenSSL also accepts PSS signatures without
        // leading zeros.
        return _key is RSA rsa
            ? signature.Length == rsa.KeySize / 8
                && rsa.VerifyHash(digest, signature, algorithm.Hash(), algorithm.RsaPadding())
            : ((ECDsa)_key).VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Frees the key.</summary>
    public void Dispose() => _key.Dispose();
}
