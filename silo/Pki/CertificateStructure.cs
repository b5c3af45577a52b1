using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>The raw fields of a Certificate (RFC 5280, section 4.1).</summary>
internal sealed record CertificateStructure(
    ReadOnlyMemory<byte> Signed,
    ReadOnlyMemory<byte> SignatureAlgorithm,
    ReadOnlyMemory<byte> Signature,
    ReadOnlyMemory<byte> SerialNumber,
    ReadOnlyMemory<byte> Issuer,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    ReadOnlyMemory<byte> Subject,
    ReadOnlyMemory<byte> SubjectPublicKeyInfo,
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Extensions,
    IReadOnlySet<string> CriticalExtensions)
{
    private static readonly Asn1Tag Version = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag IssuerUniqueId = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag SubjectUniqueId = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3);

    /// <exception cref="AsnContentException">It is not a certificate.</exception>
    public static CertificateStructure Read(ReadOnlyMemory<byte> der)
    {
        var file = new AsnReader(der, AsnEncodingRules.DER);
        var certificate = file.ReadSequence();
        file.ThrowIfNotEmpty();
        var signed = certificate.ReadEncodedValue();
        var signatureAlgorithm = certificate.ReadEncodedValue();
        var signature = certificate.ReadBitString(out _);
        certificate.ThrowIfNotEmpty();

        var fields = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        if (fields.PeekTag().HasSameClassAndValue(Version))
        {
            fields.ReadEncodedValue();
        }

        var serialNumber = fields.ReadIntegerBytes();
        if (!fields.ReadEncodedValue().Span.SequenceEqual(signatureAlgorithm.Span))
        {
            throw new AsnContentException("The two signature algorithms of the certificate differ.");
        }

        var issuer = fields.ReadEncodedValue();
        var validity = fields.ReadSequence();
        var notBefore = ReadTime(validity);
        var notAfter = ReadTime(validity);
        var subject = fields.ReadEncodedValue();
        var publicKey = fields.ReadEncodedValue();
        var (extensions, critical) = ReadExtensions(fields);
        return new CertificateStructure(
            signed, signatureAlgorithm, signature, serialNumber, issuer, notBefore, notAfter, subject, publicKey, extensions, critical);
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static (Dictionary<string, ReadOnlyMemory<byte>> Extensions, HashSet<string> Critical) ReadExtensions(AsnReader fields)
    {
        foreach (var uniqueId in new[] { IssuerUniqueId, SubjectUniqueId })
        {
            if (fields.HasData && fields.PeekTag().HasSameClassAndValue(uniqueId))
            {
                fields.ReadEncodedValue();
            }
        }

        var extensions = new Dictionary<string, ReadOnlyMemory<byte>>();
        var critical = new HashSet<string>();
        if (!fields.HasData)
        {
            return (extensions, critical);
        }

        var list = fields.ReadSequence(ExtensionsTag).ReadSequence();
        fields.ThrowIfNotEmpty();
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            if (extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean())
            {
                critical.Add(oid);
            }

            if (!extensions.TryAdd(oid, extension.ReadOctetString()))
            {
                throw new AsnContentException("The certificate has an extension twice.");
            }
        }

        return (extensions, critical);
    }
}

/// <summary>The extensions of certificates issued by internal CAs (RFC 5280, section 4.2.1).</summary>
internal static class CertificateExtensions
{
    /// <summary>The extensions of a CA certificate: signs certificates and CRLs, with an optional path length.</summary>
    public static void AddAuthorityExtensions(this CertificateRequest request, PublicKey publicKey, int? pathLength)
    {
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(true, pathLength is not null, pathLength ?? 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        extensions.Add(new X509SubjectKeyIdentifierExtension(publicKey, critical: false));
    }

    /// <summary>The extensions of a code-signing certificate (CA/Browser Forum 7.1.2.3).</summary>
    public static void AddCodeSigningExtensions(this CertificateRequest request, PublicKey publicKey)
    {
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        AddCodeSigningUsages(request);
        extensions.Add(new X509SubjectKeyIdentifierExtension(publicKey, critical: false));
    }

    /// <summary>The usages requested from an external CA.</summary>
    public static void AddCodeSigningUsages(this CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(Oids.CodeSigning)], critical: false));
    }
}

/// <summary>Object identifiers by the names that their standards give them.</summary>
internal static class Oids
{
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string RsassaPss = "1.2.840.113549.1.1.10";
    public const string Sha256WithRsaEncryption = "1.2.840.113549.1.1.11";
    public const string Sha384WithRsaEncryption = "1.2.840.113549.1.1.12";
    public const string Sha512WithRsaEncryption = "1.2.840.113549.1.1.13";

    public const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    public const string EcdsaWithSha384 = "1.2.840.10045.4.3.3";
    public const string EcdsaWithSha512 = "1.2.840.10045.4.3.4";

    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string Sha512 = "2.16.840.1.101.3.4.2.3";

    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string BasicConstraints = "2.5.29.19";
    public const string CrlDistributionPoints = "2.5.29.31";
    public const string CertificatePolicies = "2.5.29.32";
    public const string AuthorityKeyIdentifier = "2.5.29.35";
    public const string ExtendedKeyUsage = "2.5.29.37";
    public const string AuthorityInformationAccess = "1.3.6.1.5.5.7.1.1";
    public const string CaIssuers = "1.3.6.1.5.5.7.48.2";

    public const string AnyExtendedKeyUsage = "2.5.29.37.0";
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    public const string EmailProtection = "1.3.6.1.5.5.7.3.4";
    public const string LifetimeSigning = "1.3.6.1.4.1.311.10.3.13";
    public const string DocumentSigning = "1.3.6.1.4.1.311.3.10.3.12";

    public const string Data = "1.2.840.113549.1.7.1";
    public const string SignedData = "1.2.840.113549.1.7.2";
    public const string EncryptedData = "1.2.840.113549.1.7.6";

    public const string PbeS2 = "1.2.840.113549.1.5.13";
    public const string Pbkdf2 = "1.2.840.113549.1.5.12";
}
