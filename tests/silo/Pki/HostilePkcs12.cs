using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>
/// PKCS#12 files (RFC 7292) that openssl does not make: several keys in one, and a MAC of endless iterations. Keys and
/// certificates are in the clear, each key with its certificate by localKeyId.
/// </summary>
internal static class HostilePkcs12
{
    private const string Data = "1.2.840.113549.1.7.1";
    private const string KeyBag = "1.2.840.113549.1.12.10.1.1";
    private const string CertBag = "1.2.840.113549.1.12.10.1.3";
    private const string X509Certificate = "1.2.840.113549.1.9.22.1";
    private const string LocalKeyId = "1.2.840.113549.1.9.21";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    private static readonly Asn1Tag Explicit = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>A file of keys and certificates in PEM; with a MAC, which is false, if it has iterations.</summary>
    public static byte[] Build(IEnumerable<(string KeyPem, string CertificatePem)> pairs, int? macIterations)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(3);
            WriteData(writer, authenticatedSafe =>
            {
                using (authenticatedSafe.PushSequence())
                {
                    WriteData(authenticatedSafe, contents => WriteBags(contents, pairs));
                }
            });
            if (macIterations is { } iterations)
            {
                WriteMac(writer, iterations);
            }
        }

        return writer.Encode();
    }

    private static void WriteBags(AsnWriter writer, IEnumerable<(string KeyPem, string CertificatePem)> pairs)
    {
        using (writer.PushSequence())
        {
            byte id = 0;
            foreach (var (keyPem, certificatePem) in pairs)
            {
                WriteBag(writer, KeyBag, ++id, bag => bag.WriteEncodedValue(Decode(keyPem)));
                WriteBag(writer, CertBag, id, bag =>
                {
                    using (bag.PushSequence())
                    {
                        bag.WriteObjectIdentifier(X509Certificate);
                        using (bag.PushSequence(Explicit))
                        {
                            bag.WriteOctetString(Decode(certificatePem));
                        }
                    }
                });
            }
        }
    }

    private static void WriteBag(AsnWriter writer, string kind, byte id, Action<AsnWriter> writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(kind);
            using (writer.PushSequence(Explicit))
            {
                writeValue(writer);
            }

            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(LocalKeyId);
                using (writer.PushSetOf())
                {
                    writer.WriteOctetString([id]);
                }
            }
        }
    }

    private static void WriteData(AsnWriter writer, Action<AsnWriter> writeContent)
    {
        var content = new AsnWriter(AsnEncodingRules.DER);
        writeContent(content);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Data);
            using (writer.PushSequence(Explicit))
            {
                writer.WriteOctetString(content.Encode());
            }
        }
    }

    private static void WriteMac(AsnWriter writer, int iterations)
    {
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Sha256);
                    writer.WriteNull();
                }

                writer.WriteOctetString(new byte[32]);
            }

            writer.WriteOctetString(new byte[8]);
            writer.WriteInteger(iterations);
        }
    }

    private static byte[] Decode(string pem)
    {
        var fields = PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[fields.Base64Data]);
    }
}
