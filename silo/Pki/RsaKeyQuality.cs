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

    // NIST SP 800-56B, 6.4.1.2: an error of at most 2^-100, even for adversarial numbers.
    private const int MillerRabinRounds = 50;

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
        using SecretNumbers numbers = new();
        var (n, e, d) = (numbers.Read(key.Modulus), numbers.Read(key.Exponent), numbers.Read(key.D));
        var (p, q) = (numbers.Read(key.P), numbers.Read(key.Q));
        if (p.BitLength < 2 || q.BitLength < 2 || (p * q).CompareTo(n) != 0)
        {
            return PrivateKeyFault.FactorsDoNotMatch;
        }

        if (p.BitLength * 2 != n.BitLength || q.BitLength * 2 != n.BitLength)
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

        if (!p.IsProbablePrime(MillerRabinRounds) || !q.IsProbablePrime(MillerRabinRounds))
        {
            return PrivateKeyFault.CompositeFactor;
        }

        var smoothPrimes = numbers.Of(SmoothPrimes.Value);
        if (new[] { p - 1, p + 1, q - 1, q + 1 }.Any(neighbour => IsSmooth(neighbour, smoothPrimes)))
        {
            return PrivateKeyFault.SmoothFactor;
        }

        if (!IsExponentOf(d, e, p, q, n) || !AreRemaindersOf(numbers, key, d, p, q))
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

    private static bool AreAlike(SecretNumber p, SecretNumber q)
    {
        var multiples = Enumerable.Range(1, LargestRatio).Select(ratio => (OfP: p * (ulong)ratio, OfQ: q * (ulong)ratio)).ToList();
        var isInRatio = multiples.Exists(one => multiples.Exists(other => IsAtMostPowerOfTwo(one.OfP.DistanceTo(other.OfQ), p.BitLength - AlikeBits)));

        // Coppersmith's method needs half of the low bits in common; no random pair has even these.
        return isInRatio || Enumerable.Range(0, AlikeBits).All(bit => p.HasBit(bit) == q.HasBit(bit));
    }

    private static bool IsAtMostPowerOfTwo(SecretNumber number, int exponent) =>
        number.BitLength <= exponent || (number.BitLength == exponent + 1 && number.TrailingZeros() == exponent);

    /// <summary>
    /// Whether more bits in a row are equal than in any random number, as in the first prime after a round number.
    /// </summary>
    private static bool IsGuessable(SecretNumber p)
    {
        var run = 1;
        for (var bit = 1; bit < p.BitLength && run <= AlikeBits; bit++)
        {
            run = p.HasBit(bit) == p.HasBit(bit - 1) ? run + 1 : 1;
        }

        return run > AlikeBits;
    }

    /// <summary>
    /// Whether a neighbor of a prime has only small factors, so that Pollard's and Williams's methods find the prime.
    /// </summary>
    private static bool IsSmooth(SecretNumber neighbour, SecretNumber smoothPrimes)
    {
        // The power of the primes' product contains each prime as often as the neighbor can (Bernstein, 2004).
        var power = smoothPrimes % neighbour;
        for (long exponent = 1; exponent < neighbour.BitLength; exponent *= 2)
        {
            power = power * power % neighbour;
        }

        return (neighbour / power.GreatestCommonDivisor(neighbour)).BitLength <= ShortestRoughPart;
    }

    private static bool IsExponentOf(SecretNumber d, SecretNumber e, SecretNumber p, SecretNumber q, SecretNumber n) =>
        !d.IsZero && d.CompareTo(n) < 0 && (d * e % (p - 1)).IsOne && (d * e % (q - 1)).IsOne;

    private static bool AreRemaindersOf(SecretNumbers numbers, RSAParameters key, SecretNumber d, SecretNumber p, SecretNumber q) =>
        numbers.Read(key.DP).CompareTo(d % (p - 1)) == 0
        && numbers.Read(key.DQ).CompareTo(d % (q - 1)) == 0
        && (numbers.Read(key.InverseQ) * q % p).IsOne;

    // FIPS 186-5, A.1.1: 2^(nlen/2) < d < lcm(p - 1, q - 1). A shorter one is found by Wiener's method.
    private static bool IsShortExponent(SecretNumber d, SecretNumber p, SecretNumber q, SecretNumber n)
    {
        var period = (p - 1) * (q - 1) / (p - 1).GreatestCommonDivisor(q - 1);
        return (d % period).BitLength * 2 <= n.BitLength;
    }
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
