using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Whether the signature on a certificate is its issuer's.</summary>
/// <param name="IsValid">Whether it is.</param>
/// <param name="Unsupported">Why it could not be verified, as a predicate of the signature; null if it was.</param>
internal readonly record struct SignatureVerdict(bool IsValid, string? Unsupported);

/// <summary>Verifies the signature on a certificate with its issuer's public key.</summary>
internal static class CertificateSignature
{
    /// <summary>Verifies that <paramref name="issuer"/>'s key made the signature on <paramref name="certificate"/>.</summary>
    public static SignatureVerdict Verify(CertificateDetails issuer, CertificateDetails certificate)
    {
        try
        {
            var structure = CertificateStructure.Read(certificate.Der);
            return Verify(issuer, SignatureAlgorithm.Read(structure.SignatureAlgorithm), structure);
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return default;
        }
    }

    private static SignatureVerdict Verify(CertificateDetails issuer, SignatureAlgorithm algorithm, CertificateStructure structure)
    {
        if (algorithm.Hash is not { } hash)
        {
            return new SignatureVerdict(false, $"uses {algorithm.Name}, which is not accepted");
        }

        var publicKey = issuer.SubjectPublicKeyInfo.Span;
        var family = SubjectPublicKeyInfo.FamilyOf(publicKey);
        if (family == SubjectPublicKeyInfo.Family.Other)
        {
            return new SignatureVerdict(
                false, $"cannot be verified, since the key of '{issuer.Subject}' is {PublicKeyName.Of(publicKey)}, which is not supported");
        }

        // An id-RSASSA-PSS key makes PSS signatures only (RFC 4055, section 1.2).
        var isFitting = algorithm.Kind switch
        {
            SignatureKind.Ecdsa => family == SubjectPublicKeyInfo.Family.Ec,
            SignatureKind.Pkcs1 => family == SubjectPublicKeyInfo.Family.Rsa,
            _ => family is SubjectPublicKeyInfo.Family.Rsa or SubjectPublicKeyInfo.Family.RsaPss,
        };
        return new SignatureVerdict(isFitting && IsValid(SubjectPublicKeyInfo.Normalize(publicKey), algorithm, hash, structure), null);
    }

    private static bool IsValid(byte[] publicKey, SignatureAlgorithm algorithm, HashAlgorithmName hash, CertificateStructure structure)
    {
        var signed = structure.Signed.Span;
        var signature = structure.Signature.Span;
        switch (algorithm.Kind)
        {
            case SignatureKind.Pss:
                return PssSignature.Verify(
                    SubjectPublicKeyInfo.Read(publicKey).Key, hash, algorithm.MaskHash, algorithm.SaltLength, signed, signature);
            case SignatureKind.Pkcs1:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportSubjectPublicKeyInfo(publicKey, out _);
                    return rsa.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1);
                }

            default:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(publicKey, out _);
                    return ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
                }
        }
    }
}

/// <summary>The kinds of signatures on certificates.</summary>
internal enum SignatureKind
{
    /// <summary>ECDSA.</summary>
    Ecdsa,

    /// <summary>RSASSA-PKCS1-v1_5.</summary>
    Pkcs1,

    /// <summary>RSASSA-PSS.</summary>
    Pss,
}

/// <summary>A signature's AlgorithmIdentifier (RFC 5280, section 4.1.1.2).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind, if it is accepted.</param>
/// <param name="Hash">The hash of the data; null if the algorithm is not accepted.</param>
/// <param name="MaskHash">PSS: the hash of MGF1.</param>
/// <param name="SaltLength">PSS: the length of the salt, in bytes.</param>
internal sealed record SignatureAlgorithm(
    string Name, SignatureKind Kind, HashAlgorithmName? Hash, HashAlgorithmName MaskHash = default, int SaltLength = 0)
{
    private const string Sha1 = "SHA-1";

    /// <summary>Reads an AlgorithmIdentifier.</summary>
    /// <exception cref="AsnContentException">It is malformed.</exception>
    public static SignatureAlgorithm Read(ReadOnlyMemory<byte> identifier)
    {
        var reader = new AsnReader(identifier, AsnEncodingRules.DER).ReadSequence();
        var oid = reader.ReadObjectIdentifier();
        return oid switch
        {
            Oids.Sha256WithRsaEncryption => new("", SignatureKind.Pkcs1, HashAlgorithmName.SHA256),
            Oids.Sha384WithRsaEncryption => new("", SignatureKind.Pkcs1, HashAlgorithmName.SHA384),
            Oids.Sha512WithRsaEncryption => new("", SignatureKind.Pkcs1, HashAlgorithmName.SHA512),
            Oids.EcdsaWithSha256 => new("", SignatureKind.Ecdsa, HashAlgorithmName.SHA256),
            Oids.EcdsaWithSha384 => new("", SignatureKind.Ecdsa, HashAlgorithmName.SHA384),
            Oids.EcdsaWithSha512 => new("", SignatureKind.Ecdsa, HashAlgorithmName.SHA512),
            Oids.RsassaPss => ReadPss(reader),
            _ => NotAccepted(AlgorithmName.Of(oid)),
        };
    }

    /// <summary>RSASSA-PSS-params (RFC 4055, section 3.1), whose defaults are SHA-1 and a salt of 20 bytes.</summary>
    private static SignatureAlgorithm ReadPss(AsnReader algorithm)
    {
        var parameters = algorithm.HasData ? algorithm.ReadSequence() : null;
        var hash = Take(0) is { } hashField ? hashField.ReadSequence().ReadObjectIdentifier() : null;
        var mask = Take(1)?.ReadSequence();
        var function = mask?.ReadObjectIdentifier();
        var maskHash = mask?.ReadSequence().ReadObjectIdentifier();
        var salt = Take(2) is { } saltField ? saltField.TryReadInt32(out var length) ? length : -1 : 20;
        if (HashOf(hash) is not { } data)
        {
            return NotAccepted($"RSASSA-PSS with {(hash is null ? Sha1 : AlgorithmName.Of(hash))}");
        }

        return function is null or Oids.Mgf1 && HashOf(maskHash) is { } masking
            ? new SignatureAlgorithm("", SignatureKind.Pss, data, masking, salt)
            : NotAccepted($"RSASSA-PSS with the mask of {(maskHash is null ? Sha1 : AlgorithmName.Of(maskHash))}");

        AsnReader? Take(int number)
        {
            var tag = new Asn1Tag(TagClass.ContextSpecific, number);
            return parameters is { HasData: true } && parameters.PeekTag().HasSameClassAndValue(tag) ? parameters.ReadSequence(tag) : null;
        }
    }

    private static HashAlgorithmName? HashOf(string? oid) => oid switch
    {
        Oids.Sha256 => HashAlgorithmName.SHA256,
        Oids.Sha384 => HashAlgorithmName.SHA384,
        Oids.Sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static SignatureAlgorithm NotAccepted(string name) => new(name, default, null);
}
