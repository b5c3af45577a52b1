using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>Textual encodings (RFC 7468).</summary>
internal static class Pem
{
    public const string Certificate = "CERTIFICATE";

    /// <summary>One block, with a line's end after it.</summary>
    public static string Write(string label, ReadOnlySpan<byte> content) => PemEncoding.WriteString(label, content) + "\n";

    /// <summary>The certificates of a PEM text of ours, in order.</summary>
    /// <exception cref="CertificateRefusedException">It is no such text.</exception>
    public static List<CertificateDetails> ReadCertificates(string text) => GivenCertificates.Read(text, "certificatePem");
}

/// <summary>Exports certificates and public keys.</summary>
public static class CertificateExport
{
    private static readonly Asn1Tag Content = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>One certificate as PEM (RFC 7468).</summary>
    public static string ToPem(CertificateDetails certificate) => Pem.Write(Pem.Certificate, certificate.Der.Span);

    /// <summary>A leaf and the certificates above it as PEM, leaf first.</summary>
    public static string ToPem(CertificateDetails leaf, IEnumerable<CertificateDetails> chain) =>
        string.Concat(chain.Prepend(leaf).Select(ToPem));

    /// <summary>A public key as PEM (SubjectPublicKeyInfo).</summary>
    public static string PublicKeyToPem(ReadOnlyMemory<byte> subjectPublicKeyInfo) => Pem.Write("PUBLIC KEY", subjectPublicKeyInfo.Span);

    /// <summary>A leaf and the certificates above it as a SignedData without signers (RFC 5652, section 5.1), known as p7b.</summary>
    public static byte[] ToPkcs7(CertificateDetails leaf, IEnumerable<CertificateDetails> chain)
    {
        // DER would sort the set; RFC 5652 asks for DER in signed attributes only, and readers expect the leaf first.
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.SignedData);
            using (writer.PushSequence(Content))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                writer.PushSetOf().Dispose(); // digestAlgorithms
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Oids.Data);
                }

                using (writer.PushSetOf(Content))
                {
                    foreach (var certificate in chain.Prepend(leaf))
                    {
                        writer.WriteEncodedValue(certificate.Der.Span);
                    }
                }

                writer.PushSetOf().Dispose(); // signerInfos
            }
        }

        return writer.Encode();
    }
}
