using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Keys;

/// <summary>Reads the algorithm of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7), and unifies its encodings.</summary>
internal static class SubjectPublicKeyInfo
{
    /// <summary>rsaEncryption (RFC 3279, section 2.3.1).</summary>
    public const string RsaEncryption = "1.2.840.113549.1.1.1";

    /// <summary>id-RSASSA-PSS (RFC 4055, section 3.1).</summary>
    public const string RsassaPss = "1.2.840.113549.1.1.10";

    /// <summary>id-ecPublicKey (RFC 5480, section 2.1.1).</summary>
    public const string EcPublicKey = "1.2.840.10045.2.1";

    /// <summary>The family of a public key, by its algorithm identifier.</summary>
    public enum Family
    {
        /// <summary>Not supported.</summary>
        Other,

        /// <summary>rsaEncryption (RFC 3279, section 2.3.1).</summary>
        Rsa,

        /// <summary>
        /// id-ecPublicKey on one of the curves P-256, P-384 and P-521, by name (RFC 5480, section 2.1.1) or by equal
        /// parameters.
        /// </summary>
        Ec,

        /// <summary>id-RSASSA-PSS (RFC 4055): an RSA key that may make PSS signatures only.</summary>
        RsaPss,
    }

    /// <summary>
    /// The name of a public key: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo, lower-case hex.
    /// </summary>
    public static string NameOf(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo).AsSpan(0, 16));

    /// <summary>
    /// The family of a key. It is checked before the platform sees the key, whose errors for unknown curves vary.
    /// </summary>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static Family FamilyOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var (oid, parameters, _) = Read(subjectPublicKeyInfo);
        return oid switch
        {
            RsaEncryption => Family.Rsa,
            RsassaPss => Family.RsaPss,
            EcPublicKey => CurveOf(parameters) is null ? Family.Other : Family.Ec,
            _ => Family.Other,
        };
    }

    /// <summary>
    /// The key in the encoding that every platform reads: the curve by name, the point uncompressed, and an RSA key
    /// without a restriction to PSS. Keys that are so encoded already, and unsupported ones, are returned as they are.
    /// </summary>
    /// <exception cref="CryptographicException">It is malformed, or its point is not on the curve.</exception>
    public static byte[] Normalize(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var (oid, parameters, key) = Read(subjectPublicKeyInfo);
        if (oid == RsassaPss)
        {
            return Write(key, writer =>
            {
                writer.WriteObjectIdentifier(RsaEncryption);
                writer.WriteNull();
            });
        }

        if (oid != EcPublicKey || CurveOf(parameters) is not { } curve)
        {
            return subjectPublicKeyInfo.ToArray();
        }

        var point = curve.Uncompress(key.Span) ?? throw Malformed(null);
        return Write(point, writer =>
        {
            writer.WriteObjectIdentifier(EcPublicKey);
            writer.WriteObjectIdentifier(curve.Oid);
        });
    }

    /// <summary>The algorithm's object identifier, its parameters (empty if absent) and the key's bits.</summary>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static (string Oid, ReadOnlyMemory<byte> Parameters, ReadOnlyMemory<byte> Key) Read(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            var file = new AsnReader(subjectPublicKeyInfo.ToArray(), AsnEncodingRules.DER);
            var info = file.ReadSequence();
            file.ThrowIfNotEmpty();
            var algorithm = info.ReadSequence();
            var oid = algorithm.ReadObjectIdentifier();
            var parameters = algorithm.HasData ? algorithm.ReadEncodedValue() : default;
            return (oid, parameters, info.ReadBitString(out _));
        }
        catch (AsnContentException fault)
        {
            throw Malformed(fault);
        }
    }

    private static NamedCurve? CurveOf(ReadOnlyMemory<byte> parameters)
    {
        try
        {
            return parameters.IsEmpty ? null : NamedCurve.Read(parameters);
        }
        catch (AsnContentException fault)
        {
            throw Malformed(fault);
        }
    }

    private static byte[] Write(ReadOnlyMemory<byte> key, Action<AsnWriter> writeAlgorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writeAlgorithm(writer);
            }

            writer.WriteBitString(key.Span);
        }

        return writer.Encode();
    }

    private static CryptographicException Malformed(Exception? fault) =>
        new("The public key is invalid: expected a SubjectPublicKeyInfo in DER.", fault);
}
