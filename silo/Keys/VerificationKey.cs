using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>A public key of one of the six kinds, with which signatures are verified. Safe for use by several threads.</summary>
public sealed class VerificationKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private VerificationKey(KeyAlgorithm algorithm, AsymmetricAlgorithm key)
    {
        Algorithm = algorithm;
        _key = key;
    }

    /// <summary>The kind of key.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</summary>
    /// <exception cref="CryptographicException">It is malformed or no key of the six kinds.</exception>
    public static VerificationKey FromSubjectPublicKeyInfo(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        AsymmetricAlgorithm key = SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo) switch
        {
            SubjectPublicKeyInfo.Family.Rsa => RSA.Create(),
            SubjectPublicKeyInfo.Family.Ec => ECDsa.Create(),
            _ => throw new CryptographicException("The public key is of no supported kind."),
        };
        try
        {
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            if (read != subjectPublicKeyInfo.Length || KeyAlgorithms.Of(key) is not { } algorithm)
            {
                throw new CryptographicException("The public key is of no supported kind.");
            }

            return new VerificationKey(algorithm, key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Whether <paramref name="signature"/> is this key's over <paramref name="digest"/>. ECDSA signatures are DER.</summary>
    /// <returns>False also for a scheme that does not fit the key and for a signature that is malformed.</returns>
    public bool Verify(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (!algorithm.Fits(Algorithm) || digest.Length != algorithm.DigestLength())
        {
            return false;
        }

        // RFC 8017, section 8.1.2: a signature is as long as the modulus. OpenSSL takes a PSS one whose first zeros are gone.
        return _key is RSA rsa
            ? signature.Length == rsa.KeySize / 8
                && rsa.VerifyHash(digest, signature, algorithm.Hash(), algorithm.RsaPadding())
            : ((ECDsa)_key).VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Frees the key.</summary>
    public void Dispose() => _key.Dispose();
}

/// <summary>Reads the outer shape of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
internal static class SubjectPublicKeyInfo
{
    /// <summary>Names a public key: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo, lower-case hex.</summary>
    public static string NameOf(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo).AsSpan(0, 16));

    /// <summary>The family of a public key, by its algorithm identifier.</summary>
    public enum Family
    {
        /// <summary>None that is known here.</summary>
        Other,

        /// <summary>rsaEncryption (RFC 3279, section 2.3.1).</summary>
        Rsa,

        /// <summary>id-ecPublicKey on one of the named curves P-256, P-384 and P-521 (RFC 5480, section 2.1.1).</summary>
        Ec,
    }

    /// <summary>The family of a key. The platform is asked about no other: it has its own ways to fail on unknown curves.</summary>
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
            throw new CryptographicException("The public key is not a SubjectPublicKeyInfo.", fault);
        }
    }
}
