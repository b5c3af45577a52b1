using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace CodeSigning.Silo.Hsm;

/// <summary>The attributes of public keys in tokens (PKCS#11 v2.40, sections 2.1.2 and 2.3.3 of the mechanisms).</summary>
internal static class TokenPublicKey
{
    private static readonly byte[] Exponent = [1, 0, 1];

    /// <summary>The attributes that tell a token which key to generate.</summary>
    public static CK_ATTRIBUTE[] Parameters(KeyAlgorithm algorithm) => algorithm.IsRsa()
        ?
        [
            CkaUtils.CreateAttribute(CKA.CKA_MODULUS_BITS, (ulong)TokenMechanisms.SizeOf(algorithm)),
            CkaUtils.CreateAttribute(CKA.CKA_PUBLIC_EXPONENT, Exponent),
        ]
        : [CkaUtils.CreateAttribute(CKA.CKA_EC_PARAMS, WriteCurve(algorithm))];

    /// <summary>The public key as SubjectPublicKeyInfo, DER.</summary>
    /// <exception cref="CryptographicException">It is not a key of the algorithm.</exception>
    public static byte[] Encode(KeyAlgorithm algorithm, Func<CKA, byte[]> read)
    {
        if (algorithm.IsRsa())
        {
            using var rsa = RSA.Create(new RSAParameters
            {
                Modulus = read(CKA.CKA_MODULUS).AsSpan().TrimStart((byte)0).ToArray(),
                Exponent = read(CKA.CKA_PUBLIC_EXPONENT).AsSpan().TrimStart((byte)0).ToArray(),
            });
            return Require(rsa, algorithm).ExportSubjectPublicKeyInfo();
        }

        var point = ReadPoint(read(CKA.CKA_EC_POINT), algorithm.FieldLength());
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.CreateFromValue(NamedCurve.Of(algorithm)!.Oid),
            Q = new ECPoint { X = point[..algorithm.FieldLength()], Y = point[algorithm.FieldLength()..] },
        });
        return Require(ecdsa, algorithm).ExportSubjectPublicKeyInfo();
    }

    // The point is DER in an OCTET STRING; some tokens leave the wrapping out.
    private static byte[] ReadPoint(byte[] attribute, int half)
    {
        var bytes = attribute.Length == 1 + (2 * half)
            ? attribute
            : AsnDecoder.ReadOctetString(attribute, AsnEncodingRules.BER, out _);
        return bytes.Length == 1 + (2 * half) && bytes[0] == 4
            ? bytes[1..]
            : throw new CryptographicException("The token's public key is invalid: expected an uncompressed point.");
    }

    private static byte[] WriteCurve(KeyAlgorithm algorithm)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(NamedCurve.Of(algorithm)!.Oid);
        return writer.Encode();
    }

    private static AsymmetricAlgorithm Require(AsymmetricAlgorithm key, KeyAlgorithm algorithm) =>
        KeyAlgorithms.Of(key) == algorithm
            ? key
            : throw new CryptographicException($"The token made another key than {algorithm.ToWireName()}.");
}
