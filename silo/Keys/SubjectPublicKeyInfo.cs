using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Keys;

/// <summary>Reads the outer shape of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
internal static class SubjectPublicKeyInfo
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";

    /// <summary>Whether the key is an RSA key by its algorithm identifier (RFC 3279, section 2.3.1).</summary>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static bool IsRsa(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            var reader = new AsnReader(subjectPublicKeyInfo.ToArray(), AsnEncodingRules.DER);
            return reader.ReadSequence().ReadSequence().ReadObjectIdentifier() == RsaEncryption;
        }
        catch (AsnContentException fault)
        {
            throw new CryptographicException("The public key is not a SubjectPublicKeyInfo.", fault);
        }
    }
}
