using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Judges private keys that were made elsewhere. That a key fits its certificate is judged by <see cref="KeyMatch"/>.</summary>
internal static class PrivateKeyRules
{
    // A search of 2^n scalars takes 2^(n/2) steps; these leave the curve's own strength as it is.
    private const int MissingBits = 64;

    /// <summary>Refuses a key that is damaged, or that others can find.</summary>
    /// <param name="key">A key whose public half has been judged.</param>
    /// <param name="field">The request's field that holds it.</param>
    /// <exception cref="CertificateRefusedException">It is damaged or weak.</exception>
    public static void Ensure(AsymmetricAlgorithm key, string field)
    {
        switch (Judge(key))
        {
            case null:
                return;
            case { } fault when Damage(fault) is { } what:
                throw new CertificateRefusedException(
                    CertificateRefusal.Malformed, $"The private key in {field} is damaged: {what}; export it again from where it was made.");
            case { } fault:
                throw new CertificateRefusedException(
                    CertificateRefusal.WeakKey, $"The private key in {field} is weak: {Weakness(fault)}; {CodeSigningRules.MakeNewKey}.");
        }
    }

    /// <summary>The fault, or null for none that is known.</summary>
    public static PrivateKeyFault? Judge(AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => JudgeRsa(rsa.ExportPkcs8PrivateKey()),
        ECDsa ecdsa => JudgeEc(ecdsa.ExportParameters(true), KeyAlgorithms.Of(ecdsa)),
        _ => null,
    };

    private static PrivateKeyFault? JudgeRsa(byte[] pkcs8)
    {
        var key = default(RSAParameters);
        try
        {
            key = ReadRsa(pkcs8);
            return RsaKeyQuality.FaultOf(key);
        }
        finally
        {
            foreach (var secret in new[] { pkcs8, key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ })
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }
    }

    // RFC 8017, A.1.2, in RFC 5958. The platform's own reading fails on factors of unequal length, without saying so.
    private static RSAParameters ReadRsa(byte[] pkcs8)
    {
        var info = new AsnReader(pkcs8, AsnEncodingRules.BER).ReadSequence();
        info.ReadInteger();
        info.ReadSequence();
        var key = new AsnReader(info.ReadOctetString(), AsnEncodingRules.BER).ReadSequence();
        key.ReadInteger();
        return new RSAParameters
        {
            Modulus = key.ReadIntegerBytes().ToArray(),
            Exponent = key.ReadIntegerBytes().ToArray(),
            D = key.ReadIntegerBytes().ToArray(),
            P = key.ReadIntegerBytes().ToArray(),
            Q = key.ReadIntegerBytes().ToArray(),
            DP = key.ReadIntegerBytes().ToArray(),
            DQ = key.ReadIntegerBytes().ToArray(),
            InverseQ = key.ReadIntegerBytes().ToArray(),
        };
    }

    // That the point is on the curve and is the scalar's is checked by the platform's library when it reads the key.
    private static PrivateKeyFault? JudgeEc(ECParameters key, KeyAlgorithm? kind)
    {
        try
        {
            var order = OrderOf(kind);
            var scalar = new BigInteger(key.D, isUnsigned: true, isBigEndian: true);
            var nearest = BigInteger.Min(scalar, order - scalar);
            return nearest.GetBitLength() < order.GetBitLength() - MissingBits ? PrivateKeyFault.GuessableScalar : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.D);
        }
    }

    // SEC 2, sections 2.4.2, 2.5.1 and 2.6.1.
    private static BigInteger OrderOf(KeyAlgorithm? kind) => BigInteger.Parse(
        kind switch
        {
            KeyAlgorithm.EcP256 => "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
            KeyAlgorithm.EcP384 => "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
            KeyAlgorithm.EcP521 => "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709"
                + "A5D03BB5C9B8899C47AEBB6FB71E91386409",
            _ => throw new CryptographicException("The key algorithm is not supported: expected RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256, P-384 or P-521."),
        },
        NumberStyles.AllowHexSpecifier,
        CultureInfo.InvariantCulture);

    private static string? Damage(PrivateKeyFault fault) => fault switch
    {
        PrivateKeyFault.FactorsDoNotMatch => "its modulus is not the product of its two prime factors",
        PrivateKeyFault.WrongExponent => "its private exponent does not fit its public one",
        _ => null,
    };

    private static string Weakness(PrivateKeyFault fault) => fault switch
    {
        PrivateKeyFault.UnequalFactors => "its two prime factors are not both half as long as the modulus",
        PrivateKeyFault.AlikeFactors => "its two prime factors are too much alike (FIPS 186-5, A.1.3)",
        PrivateKeyFault.GuessableFactor => "a factor has a hundred equal bits in a row, which no random number has",
        PrivateKeyFault.CompositeFactor => "one of its two factors is not prime",
        PrivateKeyFault.SmoothFactor => "a factor is found by Pollard's p - 1 or Williams's p + 1 method",
        PrivateKeyFault.ShortExponent => "its private exponent is short (FIPS 186-5, A.1.1)",
        PrivateKeyFault.GuessableScalar => "its secret number is so small, or so near to the curve's order, that it can be searched for",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}

/// <summary>Why a private key that was brought in is not used.</summary>
public enum PrivateKeyFault
{
    /// <summary>RSA: the modulus is not the product of the two factors, for example because it has three.</summary>
    FactorsDoNotMatch = 1,

    /// <summary>RSA: a factor is not half as long as the modulus.</summary>
    UnequalFactors,

    /// <summary>RSA: the factors are close, in a ratio of small numbers, or end alike (FIPS 186-5, A.1.3).</summary>
    AlikeFactors,

    /// <summary>RSA: a factor has a hundred equal bits in a row.</summary>
    GuessableFactor,

    /// <summary>RSA: a factor is not prime.</summary>
    CompositeFactor,

    /// <summary>RSA: a number beside a factor falls into small primes, so that Pollard's p - 1 or Williams's p + 1 finds it.</summary>
    SmoothFactor,

    /// <summary>RSA: the private exponent, or what is derived from it, is not the public one's.</summary>
    WrongExponent,

    /// <summary>RSA: the private exponent is not longer than half of the modulus (FIPS 186-5, A.1.1).</summary>
    ShortExponent,

    /// <summary>EC: the private key is so close to zero or to the curve's order that it can be searched for.</summary>
    GuessableScalar,
}
