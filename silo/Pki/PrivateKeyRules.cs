using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Judges imported private keys. <see cref="KeyMatch"/> checks that a key belongs to its certificate.</summary>
internal static class PrivateKeyRules
{
    // Searching 2^n scalars takes 2^(n/2) steps; beyond this limit the curve's own strength is lower.
    private const int MissingBits = 64;

    /// <summary>Refuses a damaged or weak key.</summary>
    /// <param name="key">A key whose public part has been judged.</param>
    /// <param name="field">The request's field with the key.</param>
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

    /// <summary>The fault, or null if none is known.</summary>
    public static PrivateKeyFault? Judge(AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => JudgeRsa(rsa),
        ECDsa ecdsa => JudgeEc(ecdsa.ExportParameters(true), KeyAlgorithms.Of(ecdsa)),
        _ => null,
    };

    private static PrivateKeyFault? JudgeRsa(RSA rsa)
    {
        using var pkcs8 = Pkcs8.Export(rsa);
        var key = ReadRsa(pkcs8.Memory);
        try
        {
            return RsaKeyQuality.FaultOf(key);
        }
        finally
        {
            foreach (var secret in new[] { key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ })
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }
    }

    // RFC 8017, A.1.2, in RFC 5958. The platform's parser rejects factors of unequal length without a specific error.
    private static RSAParameters ReadRsa(ReadOnlyMemory<byte> pkcs8)
    {
        var info = new AsnReader(pkcs8, AsnEncodingRules.BER).ReadSequence();
        info.ReadInteger();
        info.ReadSequence();
        var key = new AsnReader(Pkcs8.ReadOctets(info), AsnEncodingRules.BER).ReadSequence();
        key.ReadInteger();
        return new RSAParameters
        {
            Modulus = ReadNumber(key),
            Exponent = ReadNumber(key),
            D = ReadNumber(key),
            P = ReadNumber(key),
            Q = ReadNumber(key),
            DP = ReadNumber(key),
            DQ = ReadNumber(key),
            InverseQ = ReadNumber(key),
        };
    }

    // Pinned, so that the garbage collector makes no copies.
    private static byte[] ReadNumber(AsnReader key)
    {
        var bytes = key.ReadIntegerBytes();
        var number = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(number);
        return number;
    }

    // The platform has verified that the point is on the curve and belongs to the scalar.
    private static PrivateKeyFault? JudgeEc(ECParameters key, KeyAlgorithm? kind)
    {
        using SecretNumbers numbers = new();
        try
        {
            var order = numbers.Of(
                kind is { } curve
                    ? curve.Order()
                    : throw new CryptographicException($"The key algorithm is not supported: expected {KeyAlgorithmNames.Supported}."));
            var scalar = numbers.Read(key.D);
            var nearest = Math.Min(scalar.BitLength, order.DistanceTo(scalar).BitLength);
            return nearest < order.BitLength - MissingBits ? PrivateKeyFault.GuessableScalar : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.D);
        }
    }

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

/// <summary>Why an imported private key is refused.</summary>
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

    /// <summary>
    /// RSA: a neighbor of a factor is a product of small primes, so that Pollard's p - 1 or Williams's p + 1 method
    /// finds the factor.
    /// </summary>
    SmoothFactor,

    /// <summary>RSA: the private exponent or a derived value does not match the public exponent.</summary>
    WrongExponent,

    /// <summary>RSA: the private exponent is not longer than half of the modulus (FIPS 186-5, A.1.1).</summary>
    ShortExponent,

    /// <summary>EC: the private key is so close to zero or to the curve's order that it can be searched for.</summary>
    GuessableScalar,
}
