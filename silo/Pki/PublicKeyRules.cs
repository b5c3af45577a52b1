using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Judges public keys before they are relied on (CA/Browser Forum Code Signing Baseline Requirements, 6.1.5).</summary>
public static class PublicKeyRules
{
    /// <summary>Judges a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
    /// <returns>The kind of key, or the fault for which it cannot be used.</returns>
    public static (KeyAlgorithm? Algorithm, PublicKeyFault? Fault) Judge(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        try
        {
            var family = SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo.Span);
            if (family == SubjectPublicKeyInfo.Family.Other)
            {
                return (null, PublicKeyFault.Unsupported);
            }

            if (family == SubjectPublicKeyInfo.Family.Rsa && FaultOfRsa(subjectPublicKeyInfo) is { } fault)
            {
                return (null, fault);
            }

            using var key = VerificationKey.FromSubjectPublicKeyInfo(subjectPublicKeyInfo.Span);
            return (key.Algorithm, null);
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return (null, PublicKeyFault.Malformed);
        }
    }

    private static PublicKeyFault? FaultOfRsa(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        var outer = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
        outer.ReadSequence();
        var key = new AsnReader(outer.ReadBitString(out _), AsnEncodingRules.DER).ReadSequence();
        var modulus = key.ReadIntegerBytes();
        if (modulus.Length > 4096 / 8 + 1)
        {
            return PublicKeyFault.Unsupported;
        }

        var n = new BigInteger(modulus.Span, isUnsigned: false, isBigEndian: true);
        var e = new BigInteger(key.ReadIntegerBytes().Span, isUnsigned: false, isBigEndian: true);
        return n.Sign < 0 || n.GetBitLength() is not (2048 or 3072 or 4096)
            ? PublicKeyFault.Unsupported
            : RsaKeyQuality.FaultOf(n, e);
    }
}
