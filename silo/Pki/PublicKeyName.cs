using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Names the kinds of public keys, for refusals of those that are not supported.</summary>
internal static class PublicKeyName
{
    /// <summary>The kind of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
    public static string Of(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            var (oid, parameters, key) = SubjectPublicKeyInfo.Read(subjectPublicKeyInfo);
            return oid switch
            {
                SubjectPublicKeyInfo.RsaEncryption => $"RSA of {BitsOf(key)} bits",
                SubjectPublicKeyInfo.RsassaPss => "RSA for RSASSA-PSS signatures only (id-RSASSA-PSS)",
                SubjectPublicKeyInfo.EcPublicKey => OfCurve(parameters),
                _ => AlgorithmName.Of(oid),
            };
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return "malformed";
        }
    }

    /// <summary>The kind of an EC key by its ECParameters (SEC 1, C.2).</summary>
    /// <exception cref="AsnContentException">They are malformed.</exception>
    public static string OfCurve(ReadOnlyMemory<byte> parameters)
    {
        if (parameters.IsEmpty)
        {
            return "EC without a curve";
        }

        var reader = new AsnReader(parameters, AsnEncodingRules.BER);
        return reader.PeekTag() == Asn1Tag.ObjectIdentifier
            ? $"EC on {AlgorithmName.Of(reader.ReadObjectIdentifier())}"
            : "EC on a curve of its own parameters, which are none of P-256, P-384 and P-521";
    }

    private static long BitsOf(ReadOnlyMemory<byte> key) =>
        new AsnReader(key, AsnEncodingRules.BER).ReadSequence().ReadInteger().GetBitLength();
}
