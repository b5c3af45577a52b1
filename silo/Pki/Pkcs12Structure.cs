using System.Formats.Asn1;

namespace CodeSigning.Silo.Pki;

/// <summary>The outer structure of a PFX (RFC 7292, section 4), before any password is used.</summary>
/// <param name="Content">The contents of the AuthenticatedSafe, which the MAC is over.</param>
/// <param name="Mac">The MacData; null if there is none.</param>
internal sealed record Pkcs12Structure(ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte>? Mac)
{
    private static readonly Asn1Tag Explicit = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>Reads a file; bytes after its end are passed over.</summary>
    /// <exception cref="AsnContentException">It is malformed.</exception>
    /// <exception cref="CertificateRefusedException">It is signed instead of protected by a password.</exception>
    public static Pkcs12Structure Read(ReadOnlyMemory<byte> file)
    {
        var pfx = new AsnReader(file, AsnEncodingRules.BER).ReadSequence();
        pfx.ReadInteger();
        var (oid, content) = ReadContentInfo(pfx.ReadSequence());
        if (oid != Oids.Data)
        {
            throw PasswordEncryption.Unsupported("the PKCS#12 file", "a public key to protect its integrity", "a password");
        }

        return new Pkcs12Structure(
            new AsnReader(content, AsnEncodingRules.BER).ReadOctetString(), pfx.HasData ? pfx.ReadEncodedValue() : (ReadOnlyMemory<byte>?)null);
    }

    /// <summary>The parts of the AuthenticatedSafe.</summary>
    /// <exception cref="AsnContentException">They are malformed.</exception>
    /// <exception cref="CertificateRefusedException">One is encrypted with a public key.</exception>
    public IReadOnlyList<Pkcs12Part> ReadParts()
    {
        var parts = new List<Pkcs12Part>();
        var safes = new AsnReader(Content, AsnEncodingRules.BER).ReadSequence();
        while (safes.HasData)
        {
            var (oid, content) = ReadContentInfo(safes.ReadSequence());
            parts.Add(oid switch
            {
                Oids.Data => new Pkcs12Part(null, new AsnReader(content, AsnEncodingRules.BER).ReadOctetString()),
                Oids.EncryptedData => ReadEncrypted(content),
                _ => throw PasswordEncryption.Unsupported("the PKCS#12 file", "a public key", "a password"),
            });
        }

        return parts;
    }

    // EncryptedData and EncryptedContentInfo (RFC 5652, sections 8 and 6.1).
    private static Pkcs12Part ReadEncrypted(ReadOnlyMemory<byte> content)
    {
        var data = new AsnReader(content, AsnEncodingRules.BER).ReadSequence();
        data.ReadInteger();
        var info = data.ReadSequence();
        info.ReadObjectIdentifier();
        var algorithm = info.ReadEncodedValue();
        return new Pkcs12Part(algorithm, info.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, 0)));
    }

    private static (string Oid, ReadOnlyMemory<byte> Content) ReadContentInfo(AsnReader info) =>
        (info.ReadObjectIdentifier(), info.ReadSequence(Explicit).ReadEncodedValue());
}

/// <summary>A part of the AuthenticatedSafe: SafeContents, or what they are encrypted to.</summary>
/// <param name="Algorithm">The AlgorithmIdentifier of the encryption; null if there is none.</param>
/// <param name="Content">The SafeContents, or the encrypted bytes.</param>
internal sealed record Pkcs12Part(ReadOnlyMemory<byte>? Algorithm, ReadOnlyMemory<byte> Content);

/// <summary>The bags of SafeContents (RFC 7292, section 4.2) that an import can use.</summary>
internal sealed class Pkcs12Bags
{
    // More bags than this, or bags in bags in bags, are no file of anybody's; both are read before the password's work.
    private const int MostBags = 100;
    private const int DeepestBag = 4;

    private static readonly Asn1Tag Explicit = new(TagClass.ContextSpecific, 0, isConstructed: true);

    private int _count;

    /// <summary>The certificates, DER, with the identifier that ties each to its key, or null.</summary>
    public List<(ReadOnlyMemory<byte> Der, string? KeyId)> Certificates { get; } = [];

    /// <summary>The private keys: whether each is encrypted, its PKCS#8, and its identifier or null.</summary>
    public List<(bool IsEncrypted, ReadOnlyMemory<byte> Pkcs8, string? KeyId)> Keys { get; } = [];

    /// <summary>Adds the bags of SafeContents.</summary>
    /// <exception cref="AsnContentException">They are malformed.</exception>
    /// <exception cref="CertificateRefusedException">There are too many, or they are in one another too deeply.</exception>
    public void Add(ReadOnlyMemory<byte> safeContents) => Add(new AsnReader(safeContents, AsnEncodingRules.BER).ReadSequence(), depth: 1);

    private void Add(AsnReader contents, int depth)
    {
        if (depth > DeepestBag)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded, $"The PKCS#12 file has bags in bags more than {DeepestBag} deep: export it again.");
        }

        while (contents.HasData)
        {
            if (++_count > MostBags)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.LimitExceeded, $"The PKCS#12 file has more than {MostBags} certificates and keys: export a single key with its chain.");
            }

            var bag = contents.ReadSequence();
            var oid = bag.ReadObjectIdentifier();
            var value = bag.ReadSequence(Explicit).ReadEncodedValue();
            Add(oid, value, bag, depth);
        }
    }

    private void Add(string oid, ReadOnlyMemory<byte> value, AsnReader bag, int depth)
    {
        switch (oid)
        {
            case "1.2.840.113549.1.12.10.1.1":
                Keys.Add((IsEncrypted: false, value, ReadKeyId(bag)));
                break;
            case "1.2.840.113549.1.12.10.1.2":
                Keys.Add((IsEncrypted: true, value, ReadKeyId(bag)));
                break;
            case "1.2.840.113549.1.12.10.1.3":
                var certificate = new AsnReader(value, AsnEncodingRules.BER).ReadSequence();
                if (certificate.ReadObjectIdentifier() == "1.2.840.113549.1.9.22.1")
                {
                    Certificates.Add((certificate.ReadSequence(Explicit).ReadOctetString(), ReadKeyId(bag)));
                }

                break;
            case "1.2.840.113549.1.12.10.1.6":
                Add(new AsnReader(value, AsnEncodingRules.BER).ReadSequence(), depth + 1);
                break;
            default:
                break; // CRLs and secrets.
        }
    }

    // localKeyId (RFC 2985, section 5.5.2).
    private static string? ReadKeyId(AsnReader bag)
    {
        if (!bag.HasData)
        {
            return null;
        }

        var attributes = bag.ReadSetOf(skipSortOrderValidation: true);
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            if (attribute.ReadObjectIdentifier() == "1.2.840.113549.1.9.21")
            {
                var values = attribute.ReadSetOf(skipSortOrderValidation: true);
                return values.HasData ? Convert.ToHexString(values.ReadOctetString()) : null;
            }
        }

        return null;
    }
}
