using System.Formats.Asn1;

namespace CodeSigning.Silo.Pki;

/// <summary>The fields of a Certificate (RFC 5280, section 4.1) as they stand, not yet interpreted.</summary>
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
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Extensions)
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
        return new CertificateStructure(
            signed, signatureAlgorithm, signature, serialNumber, issuer, notBefore, notAfter, subject, publicKey, ReadExtensions(fields));
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static Dictionary<string, ReadOnlyMemory<byte>> ReadExtensions(AsnReader fields)
    {
        foreach (var uniqueId in new[] { IssuerUniqueId, SubjectUniqueId })
        {
            if (fields.HasData && fields.PeekTag().HasSameClassAndValue(uniqueId))
            {
                fields.ReadEncodedValue();
            }
        }

        var extensions = new Dictionary<string, ReadOnlyMemory<byte>>();
        if (!fields.HasData)
        {
            return extensions;
        }

        var list = fields.ReadSequence(ExtensionsTag).ReadSequence();
        fields.ThrowIfNotEmpty();
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            if (extension.PeekTag() == Asn1Tag.Boolean)
            {
                extension.ReadBoolean();
            }

            if (!extensions.TryAdd(oid, extension.ReadOctetString()))
            {
                throw new AsnContentException("The certificate has an extension twice.");
            }
        }

        return extensions;
    }
}
