using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Keys;

/// <summary>Reads the outer shape of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
internal static class SubjectPublicKeyInfo
{
    /// <summary>The family of a public key, by its algorithm identifier.</summary>
    public enum Family
    {
        /// <summary>None that is known here.</summary>
        Other,

        /// <summary>rsaEncryption (RFC 3279, section 2.3.1).</summary>
        Rsa,

        /// <summary>id-ecPublicKey on one of the named curves P-256, P-384 and P-521 (RFC 5480, section 2.1.1).</summary>
        Ec,
    }

    /// <summary>The family of a key. The platform is asked about no other: it has its own ways to fail on unknown curves.</summary>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static Family FamilyOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            var algorithm = new AsnReader(subjectPublicKeyInfo.ToArray(), AsnEncodingRules.DER).ReadSequence().ReadSequence();
            return algorithm.ReadObjectIdentifier() switch
            {
                "1.2.840.113549.1.1.1" => Family.Rsa,
                "1.2.840.10045.2.1" when algorithm.HasData && algorithm.PeekTag() == Asn1Tag.ObjectIdentifier =>
                    KeyAlgorithms.OfCurve(algorithm.ReadObjectIdentifier()) is null ? Family.Other : Family.Ec,
                _ => Family.Other,
            };
        }
        catch (AsnContentException fault)
        {
            throw new CryptographicException("The public key is not a SubjectPublicKeyInfo.", fault);
        }
    }
}
