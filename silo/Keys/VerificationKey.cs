using System.Formats.Asn1;
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
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            if (read != subjectPublicKeyInfo.Length || KeyAlgorithms.Of(key) is not { } algorithm)
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

/// <summary>Reads the algorithm of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
internal static class SubjectPublicKeyInfo
{
    /// <summary>
    /// The name of a public key: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo, lower-case hex.
    /// </summary>
    public static string NameOf(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo).AsSpan(0, 16));

    /// <summary>The family of a public key, by its algorithm identifier.</summary>
    public enum Family
    {
        /// <summary>Not supported.</summary>
        Other,

        /// <summary>rsaEncryption (RFC 3279, section 2.3.1).</summary>
        Rsa,

        /// <summary>id-ecPublicKey on one of the named curves P-256, P-384 and P-521 (RFC 5480, section 2.1.1).</summary>
        Ec,
    }

    /// <summary>
    /// The family of a key. It is checked before the platform sees the key, whose errors for unknown curves vary.
    /// </summary>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static Family FamilyOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            var algorithm = new AsnReader(subjectPublicKeyInfo.ToArray(), AsnEncodingRules.DER).ReadSequence().ReadSequence();
            return algorithm.ReadObjectIdentifier() switch
            {
                "1.2.840.113549.1.1.1" => Family.Rsa,
                "1.2.840.10045.2.1" when algorithm.HasData && algorithm.PeekTag() == Asn1Tag.ObjectIdentifier =>
                    KeyAlgorithms.OfCurve(algorithm.ReadObjectIdentifier()) is null ? Family.Other : Family.Ec,
                _ => Family.Other,
            };
        }
        catch (AsnContentException fault)
        {
            throw new CryptographicException($"The public key is invalid: expected a SubjectPublicKeyInfo in DER.", fault);
        }
    }
}
