using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Certification requests to external CAs (PKCS#10, RFC 2986) for keys of the vault.</summary>
public static class SigningRequest
{
    /// <summary>Creates a request for a code-signing certificate, as PEM.</summary>
    /// <param name="key">The key, which the caller disposes.</param>
    /// <param name="subject">The distinguished name as text (RFC 4514), such as <c>CN=Example,O=Example Ltd,C=DE</c>.</param>
    /// <exception cref="CertificateRefusedException">The subject is not a valid distinguished name.</exception>
    public static string Create(KeyHandle key, string subject)
    {
        var generator = new VaultSignatureGenerator(key);
        var request = new CertificateRequest(
            new X500DistinguishedName(DistinguishedName.Parse(subject)),
            PublicKey.CreateFromSubjectPublicKeyInfo(key.PublicKey.Span, out _),
            generator.Hash);
        request.AddCodeSigningUsages();
        return Pem.Write("CERTIFICATE REQUEST", request.CreateSigningRequest(generator));
    }
}

/// <summary>
/// Lets the framework's builders of certificates, requests and CRLs sign with a key in the vault. The hash matches the
/// key's strength, and each signature is verified.
/// </summary>
internal sealed class VaultSignatureGenerator(KeyHandle key) : X509SignatureGenerator
{
    private readonly CheckedSigner _signer = new(ecdsaCheckEvery: 1);

    /// <summary>The scheme of the key.</summary>
    public SigningAlgorithm Scheme => key.Algorithm.CertificateScheme();

    public HashAlgorithmName Hash => Scheme.Hash();

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
    {
        EnsureHash(hashAlgorithm);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Scheme switch
            {
                SigningAlgorithm.RsaPkcs1Sha256 => Oids.Sha256WithRsaEncryption,
                SigningAlgorithm.RsaPkcs1Sha384 => Oids.Sha384WithRsaEncryption,
                SigningAlgorithm.EcdsaSha256 => Oids.EcdsaWithSha256,
                SigningAlgorithm.EcdsaSha384 => Oids.EcdsaWithSha384,
                SigningAlgorithm.EcdsaSha512 => Oids.EcdsaWithSha512,
                _ => throw new NotSupportedException($"Certificates are not signed with {Scheme.ToWireName()}."),
            });
            if (Scheme.IsRsa())
            {
                writer.WriteNull();
            }
        }

        return writer.Encode();
    }

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
    {
        EnsureHash(hashAlgorithm);
        return _signer.SignDigest(key, key.PublicKey.Span, Scheme, CryptographicOperations.HashData(hashAlgorithm, data));
    }

    protected override PublicKey BuildPublicKey() => PublicKey.CreateFromSubjectPublicKeyInfo(key.PublicKey.Span, out _);

    private void EnsureHash(HashAlgorithmName hashAlgorithm)
    {
        if (hashAlgorithm != Hash)
        {
            throw new ArgumentException($"This key signs certificates with {Hash}.", nameof(hashAlgorithm));
        }
    }
}
