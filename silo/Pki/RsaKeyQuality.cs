using System.Numerics;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Judges RSA keys by known weaknesses. The public part is judged by the rules of public CAs (CA/Browser Forum Code
/// Signing Baseline Requirements, 6.1.5 and 6.1.6), the private part by those for key pair validation (NIST FIPS 186-5,
/// A.1, and SP 800-56B, 6.4.1.2). A modulus of 4096 bits takes milliseconds, its factors up to seconds.
/// </summary>
public static class RsaKeyQuality
{
    private const int SmallFactorLimit = 752;
    private const int FermatRounds = 100;

    // FIPS 186-5, A.1.3: |p - q| > 2^(nlen/2 - 100).
    private const int AlikeBits = 100;

    // Primes in a ratio of small numbers are found by Lehman's variant of Fermat's method.
    private const int LargestRatio = 16;

    // FIPS 186-5, table A.1: p - 1 and p + 1 each have a prime factor of more than 140 bits.
    private const int SmoothnessLimit = 1 << 20;
    private const int ShortestRoughPart = 140;

    private static readonly BigInteger Smallest = 65537;

    private static readonly BigInteger SmallPrimes = PrimeNumbers.ProductBelow(SmallFactorLimit);

    private static readonly Lazy<BigInteger> SmoothPrimes = new(() => PrimeNumbers.ProductBelow(SmoothnessLimit));

    /// <summary>
    /// Judges a public key whose size the caller has judged. The modulus comes first, since its faults are worse.
    /// </summary>
    /// <returns>The fault, or null if none is known.</returns>
    public static PublicKeyFault? FaultOf(BigInteger modulus, BigInteger exponent)
    {
        if (modulus < SmallFactorLimit || modulus.IsEven || !BigInteger.GreatestCommonDivisor(modulus, SmallPrimes).IsOne)
        {
            return PublicKeyFault.WeakModulus;
        }

        if (HasCloseFactors(modulus))
        {
            return PublicKeyFault.CloseFactors;
        }

        if (PrimeNumbers.IsOddPower(modulus, SmallFactorLimit))
        {
            return PublicKeyFault.PowerModulus;
        }

        if (RocaFingerprint.IsOf(modulus))
        {
            return PublicKeyFault.RocaModulus;
        }

        if (PublishedKeys.Contain(modulus))
        {
            return PublicKeyFault.PublishedKey;
        }

        return exponent < Smallest || exponent.IsEven || exponent.GetBitLength() > 256 ? PublicKeyFault.WeakExponent : null;
    }

    /// <summary>Judges the private part of a key pair whose public part has been judged.</summary>
    /// <returns>The fault, or null if none is known.</returns>
    public static PrivateKeyFault? FaultOf(RSAParameters key)
    {
        // BigInteger cannot be zeroed: copies of the factors stay in memory until the collector reuses it.
        var (n, e, d) = (Number(key.Modulus), Number(key.Exponent), Number(key.D));
        var (p, q) = (Number(key.P), Number(key.Q));
        if (p < 3 || q < 3 || p * q != n)
        {
            return PrivateKeyFault.FactorsDoNotMatch;
        }

        if (p.GetBitLength() * 2 != n.GetBitLength() || q.GetBitLength() * 2 != n.GetBitLength())
        {
            return PrivateKeyFault.UnequalFactors;
        }

        if (AreAlike(p, q))
        {
            return PrivateKeyFault.AlikeFactors;
        }

        if (IsGuessable(p) || IsGuessable(q))
        {
            return PrivateKeyFault.GuessableFactor;
        }

        if (!PrimeNumbers.IsProbablePrime(p) || !PrimeNumbers.IsProbablePrime(q))
        {
            return PrivateKeyFault.CompositeFactor;
        }

        if (new[] { p - 1, p + 1, q - 1, q + 1 }.Any(IsSmooth))
        {
            return PrivateKeyFault.SmoothFactor;
        }

        if (!IsExponentOf(d, e, p, q, n) || !AreRemaindersOf(key, d, p, q))
        {
            return PrivateKeyFault.WrongExponent;
        }

        return IsShortExponent(d, p, q, n) ? PrivateKeyFault.ShortExponent : null;
    }

    /// <summary>Fermat's method, which finds primes that are close to each other; a square is found in the first round.</summary>
    private static bool HasCloseFactors(BigInteger n)
    {
        var a = PrimeNumbers.SquareRoot(n);
        if (a * a < n)
        {
            a++;
        }

        var rest = (a * a) - n;
        for (var round = 0; round < FermatRounds; round++, a++)
        {
            if (PrimeNumbers.IsSquare(rest))
            {
                return true;
            }

            rest += (2 * a) + 1;
        }

        return false;
    }

    private static bool AreAlike(BigInteger p, BigInteger q)
    {
        var least = BigInteger.One << ((int)p.GetBitLength() - AlikeBits);
        for (var u = 1; u <= LargestRatio; u++)
        {
            for (var v = 1; v <= LargestRatio; v++)
            {
                if (BigInteger.Abs((u * p) - (v * q)) <= least)
                {
                    return true;
                }
            }
        }

        // Coppersmith's method needs half of the low bits in common; no random pair has even these.
        return ((p - q) & ((BigInteger.One << AlikeBits) - 1)).IsZero;
    }

    /// <summary>
    /// Whether more bits in a row are equal than in any random number, as in the first prime after a round number.
    /// </summary>
    private static bool IsGuessable(BigInteger p)
    {
        // A bit of `changes` is set if two neighbors differ, so equal bits are a run of zeros.
        var changes = (p ^ (p >> 1)) & ((BigInteger.One << ((int)p.GetBitLength() - 1)) - 1);
        var run = 0;
        foreach (var value in changes.ToByteArray(isUnsigned: true))
        {
            for (var bit = 0; bit < 8; bit++)
            {
                run = (value >> bit & 1) == 0 ? run + 1 : 0;
                if (run >= AlikeBits)
                {
                    return true;
                }
            }
        }

        return changes.GetBitLength() + AlikeBits < p.GetBitLength();
    }

    /// <summary>
    /// Whether a neighbor of a prime has only small factors, so that Pollard's and Williams's methods find the prime.
    /// </summary>
    private static bool IsSmooth(BigInteger neighbour)
    {
        // The power of the primes' product contains each prime as often as the neighbor can (Bernstein, 2004).
        var power = SmoothPrimes.Value % neighbour;
        for (long exponent = 1; exponent < neighbour.GetBitLength(); exponent *= 2)
        {
            power = power * power % neighbour;
        }

        return (neighbour / BigInteger.GreatestCommonDivisor(neighbour, power)).GetBitLength() <= ShortestRoughPart;
    }

    private static bool IsExponentOf(BigInteger d, BigInteger e, BigInteger p, BigInteger q, BigInteger n) =>
        d.Sign > 0 && d < n && (d * e % (p - 1)).IsOne && (d * e % (q - 1)).IsOne;

    private static bool AreRemaindersOf(RSAParameters key, BigInteger d, BigInteger p, BigInteger q) =>
        Number(key.DP) == d % (p - 1) && Number(key.DQ) == d % (q - 1) && (Number(key.InverseQ) * q % p).IsOne;

    // FIPS 186-5, A.1.1: 2^(nlen/2) < d < lcm(p - 1, q - 1). A shorter one is found by Wiener's method.
    private static bool IsShortExponent(BigInteger d, BigInteger p, BigInteger q, BigInteger n)
    {
        var period = (p - 1) * (q - 1) / BigInteger.GreatestCommonDivisor(p - 1, q - 1);
        return (d % period).GetBitLength() * 2 <= n.GetBitLength();
    }

    private static BigInteger Number(byte[]? bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}

/// <summary>
/// Recognizes keys of Infineon's library: modulo each of the first primes, their modulus is a power of 65537 (Nemec and
/// others, "The Return of Coppersmith's Attack", 2017, section 5.1; CVE-2017-15361).
/// </summary>
internal static class RocaFingerprint
{
    private const int Generator = 65537;

    // About one of a hundred million other keys matches by chance (2^-27.8 according to the paper).
    private const int LargestPrime = 167;

    private static readonly (int Prime, HashSet<int> Powers)[] Powers =
        [.. PrimeNumbers.Below(LargestPrime + 1).Where(prime => prime > 2).Select(prime => (prime, PowersModulo(prime)))];

    public static bool IsOf(BigInteger modulus) =>
        Array.TrueForAll(Powers, one => one.Powers.Contains((int)(modulus % one.Prime)));

    private static HashSet<int> PowersModulo(int prime)
    {
        var powers = new HashSet<int>();
        for (var power = 1; powers.Add(power);)
        {
            power = (int)((long)power * Generator % prime);
        }

        return powers;
    }
}
