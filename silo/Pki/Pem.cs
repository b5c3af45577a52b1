using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>Textual encodings (RFC 7468).</summary>
internal static class Pem
{
    public const string Certificate = "CERTIFICATE";

    /// <summary>One block, with a line's end after it.</summary>
    public static string Write(string label, ReadOnlySpan<byte> content) => PemEncoding.WriteString(label, content) + "\n";

    /// <summary>The certificates in a text, in the order in which they stand; anything between them is skipped.</summary>
    /// <exception cref="CertificateRefusedException">There is none, there are too many, or a block is no certificate.</exception>
    public static List<CertificateDetails> ReadCertificates(ReadOnlySpan<char> text)
    {
        var certificates = new List<CertificateDetails>();
        while (PemEncoding.TryFind(text, out var block))
        {
            if (!text[block.Label].SequenceEqual(Certificate))
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.Malformed, "Among the certificates there is something else; give PEM blocks CERTIFICATE only.");
            }

            if (certificates.Count > CertificateChain.MostCertificates)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.LimitExceeded, $"There are more than {CertificateChain.MostCertificates} certificates.");
            }

            var der = new byte[block.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(text[block.Base64Data], der, out _))
            {
                throw new CertificateRefusedException(CertificateRefusal.Malformed, "A PEM block is not base64.");
            }

            certificates.Add(CertificateInspection.Read(der));
            text = text[block.Location.End..];
        }

        return certificates;
    }
}
