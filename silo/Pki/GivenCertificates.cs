using System.Formats.Asn1;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Reads the certificates in a text of somebody's: PEM blocks of certificates and of PKCS#7 (RFC 5652) among others, or the
/// base64 of either, with or without PEM inside.
/// </summary>
internal static class GivenCertificates
{
    private const int MostCertificates = CertificateChain.MostCertificates + 1;

    private static readonly Asn1Tag Content = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>The certificates in a text, in order; none in an empty one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="field">The request's field with the text.</param>
    /// <exception cref="CertificateRefusedException">It has no certificate, too many, or one that is malformed.</exception>
    public static List<CertificateDetails> Read(string? text, string field)
    {
        var unified = GivenText.Unify(text ?? "");
        var certificates = new List<CertificateDetails>();
        if (!GivenText.IsEmpty(unified))
        {
            Add(certificates, unified, field, isEncodedAgain: false);
        }

        return certificates;
    }

    private static void Add(List<CertificateDetails> certificates, string text, string field, bool isEncodedAgain)
    {
        if (!GivenText.HasPem(text))
        {
            var content = GivenText.FromBase64(text)
                ?? throw Malformed($"The field '{field}' contains no certificate: expected PEM with blocks CERTIFICATE or PKCS7, or base64.");
            if (!isEncodedAgain && GivenText.OfBytes(content) is { } inner)
            {
                Add(certificates, inner, field, isEncodedAgain: true);
                return;
            }

            AddDer(certificates, content, field);
            return;
        }

        var labels = new List<string>();
        foreach (var block in GivenText.Blocks(text.AsMemory()))
        {
            labels.Add(block.Label);
            if (IsOfCertificates(block.Label))
            {
                AddDer(certificates, block.Label is "TRUSTED CERTIFICATE" ? First(block.Decode()) : block.Decode(), field);
            }
        }

        if (certificates.Count == 0)
        {
            throw NoCertificate(text, labels, field);
        }
    }

    // RFC 7468, sections 5.1, 8 and 9, and the labels that its section 4 tells parsers to know; TRUSTED is OpenSSL's.
    private static bool IsOfCertificates(string label) => label is Pem.Certificate or "X509 CERTIFICATE" or "X.509 CERTIFICATE"
        or "TRUSTED CERTIFICATE" or "PKCS7" or "PKCS #7 SIGNED DATA" or "CERTIFICATE CHAIN" or "CMS";

    private static CertificateRefusedException NoCertificate(string text, List<string> labels, string field) => labels switch
    {
        [] => Malformed(
            $"The field '{field}' has a PEM block '{GivenText.FirstLabel(text)}' that is damaged: expected base64 between its BEGIN and its END line."),
        _ when labels.Exists(label => label.EndsWith("CERTIFICATE REQUEST", StringComparison.Ordinal)) => Malformed(
            $"The field '{field}' contains a certificate signing request (CSR), not a certificate: give the certificate that the CA issued for it."),
        _ => Malformed(
            $"The field '{field}' contains no certificate but {string.Join(", ", labels.Distinct().Take(3))}: expected PEM blocks CERTIFICATE or PKCS7."),
    };

    private static void AddDer(List<CertificateDetails> certificates, ReadOnlyMemory<byte> content, string field)
    {
        foreach (var der in IsSignedData(content, field) ? CertificatesOf(content, field) : [content])
        {
            if (certificates.Count == MostCertificates)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.LimitExceeded,
                    $"The field '{field}' contains too many certificates: expected at most {MostCertificates}, which is a certificate and {CertificateChain.MostCertificates} CAs.");
            }

            certificates.Add(CertificateInspection.Read(der, field));
        }
    }

    private static bool IsSignedData(ReadOnlyMemory<byte> content, string field)
    {
        try
        {
            var outer = new AsnReader(content, AsnEncodingRules.BER).ReadSequence();
            if (outer.PeekTag() == Asn1Tag.Integer)
            {
                throw Malformed(
                    $"The field '{field}' contains no certificate but PKCS#12 or a key: give PKCS#12 in 'pkcs12', and a key in 'privateKeyPem'.");
            }

            return outer.PeekTag() == Asn1Tag.ObjectIdentifier && outer.ReadObjectIdentifier() == Oids.SignedData;
        }
        catch (AsnContentException)
        {
            throw Malformed($"The field '{field}' contains no certificate: expected X.509 or PKCS#7, as PEM or base64.");
        }
    }

    /// <summary>The certificates of a SignedData (RFC 5652, section 5.1); attribute certificates are passed over.</summary>
    private static List<ReadOnlyMemory<byte>> CertificatesOf(ReadOnlyMemory<byte> content, string field)
    {
        try
        {
            var info = new AsnReader(content, AsnEncodingRules.BER).ReadSequence();
            info.ReadObjectIdentifier();
            var data = info.ReadSequence(Content).ReadSequence();
            data.ReadInteger();
            data.ReadEncodedValue(); // digestAlgorithms
            data.ReadEncodedValue(); // encapContentInfo
            var found = new List<ReadOnlyMemory<byte>>();
            if (data.HasData && data.PeekTag().HasSameClassAndValue(Content))
            {
                var set = data.ReadSetOf(skipSortOrderValidation: true, Content);
                while (set.HasData && found.Count <= MostCertificates)
                {
                    var isCertificate = set.PeekTag() == Asn1Tag.Sequence;
                    var one = set.ReadEncodedValue();
                    if (isCertificate)
                    {
                        found.Add(one);
                    }
                }
            }

            return found.Count > 0 ? found : throw Malformed($"The PKCS#7 in '{field}' contains no certificate.");
        }
        catch (AsnContentException)
        {
            throw Malformed($"The PKCS#7 in '{field}' is damaged: expected a SignedData with certificates (RFC 5652).");
        }
    }

    private static ReadOnlyMemory<byte> First(ReadOnlyMemory<byte> content) =>
        AsnDecoder.TryReadEncodedValue(content.Span, AsnEncodingRules.BER, out _, out _, out _, out var length) ? content[..length] : content;

    private static CertificateRefusedException Malformed(string message) => new(CertificateRefusal.Malformed, message);
}
