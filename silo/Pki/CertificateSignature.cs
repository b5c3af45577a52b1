using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Verifies the signature on a certificate with its issuer's public key.</summary>
internal static class CertificateSignature
{
    /// <summary>
    /// Whether <paramref name="issuer"/>'s key made the signature on <paramref name="certificate"/>; null if it is of an
    /// algorithm that is not accepted (MD5, SHA-1) or that, like the key, is not known here.
    /// </summary>
    public static bool? IsBy(CertificateDetails issuer, CertificateDetails certificate)
    {
        try
        {
            var structure = CertificateStructure.Read(certificate.Der);
            return AlgorithmOf(structure.SignatureAlgorithm) is { } algorithm
                ? Verify(issuer.SubjectPublicKeyInfo, algorithm, structure)
                : null;
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return false;
        }
    }

    private static bool? Verify(ReadOnlyMemory<byte> publicKey, SignatureAlgorithm algorithm, CertificateStructure structure)
    {
        var family = SubjectPublicKeyInfo.FamilyOf(publicKey.Span);
        if (family == SubjectPublicKeyInfo.Family.Other)
        {
            return null;
        }

        if ((family == SubjectPublicKeyInfo.Family.Rsa) != algorithm.Padding is not null)
        {
            return false;
        }

        if (algorithm.Padding is { } padding)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
            return rsa.VerifyData(structure.Signed.Span, structure.Signature.Span, algorithm.Hash, padding);
        }

        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
        return ecdsa.VerifyData(
            structure.Signed.Span, structure.Signature.Span, algorithm.Hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static SignatureAlgorithm? AlgorithmOf(ReadOnlyMemory<byte> identifier)
    {
        var reader = new AsnReader(identifier, AsnEncodingRules.DER).ReadSequence();
        return reader.ReadObjectIdentifier() switch
        {
            Oids.Sha256WithRsaEncryption => new(HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            Oids.Sha384WithRsaEncryption => new(HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            Oids.Sha512WithRsaEncryption => new(HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            Oids.EcdsaWithSha256 => new(HashAlgorithmName.SHA256, null),
            Oids.EcdsaWithSha384 => new(HashAlgorithmName.SHA384, null),
            Oids.EcdsaWithSha512 => new(HashAlgorithmName.SHA512, null),
            Oids.RsassaPss => PssAlgorithm(reader.ReadSequence()),
            _ => null,
        };
    }

    /// <summary>RSASSA-PSS-params (RFC 4055, section 3.1) with one hash for data and mask and a salt as long as the digest.</summary>
    private static SignatureAlgorithm? PssAlgorithm(AsnReader parameters)
    {
        var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0);
        var maskTag = new Asn1Tag(TagClass.ContextSpecific, 1);
        var saltTag = new Asn1Tag(TagClass.ContextSpecific, 2);
        if (!parameters.HasData || !parameters.PeekTag().HasSameClassAndValue(hashTag))
        {
            return null; // The default is SHA-1.
        }

        var hash = parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier();
        var mask = parameters.ReadSequence(maskTag).ReadSequence();
        var maskFunction = mask.ReadObjectIdentifier();
        var maskHash = mask.ReadSequence().ReadObjectIdentifier();
        if (maskFunction != Oids.Mgf1 || maskHash != hash)
        {
            return null;
        }

        var salt = parameters.HasData && parameters.PeekTag().HasSameClassAndValue(saltTag)
            && parameters.ReadSequence(saltTag).TryReadInt32(out var length) ? length : 20;

        return (hash, salt) switch
        {
            (Oids.Sha256, 32) => new(HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            (Oids.Sha384, 48) => new(HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            (Oids.Sha512, 64) => new(HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
            _ => null,
        };
    }

    /// <param name="Hash">The hash function.</param>
    /// <param name="Padding">The padding of RSA; null for ECDSA.</param>
    private sealed record SignatureAlgorithm(HashAlgorithmName Hash, RSASignaturePadding? Padding);
}
