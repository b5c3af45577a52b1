using System.Numerics;

namespace CodeSigning.Silo.Pki;

/// <summary>Arithmetic of primes and squares.</summary>
internal static class PrimeNumbers
{
    // Bit i is set if i is a square modulo 64, which rules out four of five numbers as squares.
    private const ulong SquaresModulo64 = 0x0202021202030213;

    /// <summary>The primes below a limit.</summary>
    public static IEnumerable<int> Below(int limit)
    {
        var isComposite = new bool[limit];
        for (var number = 2; number < limit; number++)
        {
            if (isComposite[number])
            {
                continue;
            }

            for (var multiple = (long)number * number; multiple < limit; multiple += number)
            {
                isComposite[multiple] = true;
            }

            yield return number;
        }
    }

    /// <summary>The product of the primes below a limit.</summary>
    public static BigInteger ProductBelow(int limit)
    {
        // Multiplying factors of equal length avoids quadratic time.
        var factors = Below(limit).Select(prime => (BigInteger)prime).ToList();
        while (factors.Count > 1)
        {
            factors = [.. factors.Chunk(2).Select(pair => pair.Length == 2 ? pair[0] * pair[1] : pair[0])];
        }

        return factors[0];
    }

    /// <summary>The largest integer whose square is not above <paramref name="number"/>.</summary>
    public static BigInteger SquareRoot(BigInteger number)
    {
        if (number.IsZero)
        {
            return number;
        }

        // Newton's iteration from above: it falls until it reaches the integer root.
        var root = BigInteger.One << (int)((number.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (number / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }

    /// <summary>Whether a number is a square.</summary>
    public static bool IsSquare(BigInteger number)
    {
        if (number.Sign < 0 || (SquaresModulo64 >> (int)(number & 63) & 1) == 0)
        {
            return false;
        }

        var root = SquareRoot(number);
        return root * root == number;
    }

    /// <summary>Whether a number without factors below a limit is a power of another, with an odd exponent.</summary>
    /// <param name="number">The number.</param>
    /// <param name="smallestFactor">The limit.</param>
    public static bool IsOddPower(BigInteger number, int smallestFactor)
    {
        var mostFactors = (int)(number.GetBitLength() / Math.Log2(smallestFactor)) + 1;
        return Below(mostFactors + 1).Any(exponent => exponent > 2 && BigInteger.Pow(Root(number, exponent), exponent) == number);
    }

    /// <summary>The largest integer whose power is not above <paramref name="number"/>.</summary>
    private static BigInteger Root(BigInteger number, int exponent)
    {
        // Newton's iteration from above, as for the square root. The logarithm gives the first fifty bits or so.
        var bits = BigInteger.Log(number, 2) / exponent;
        var shift = Math.Max(0, (int)bits - 40);
        var root = ((BigInteger)Math.Ceiling(Math.Pow(2, bits - shift) * (1 + 1e-9)) + 1) << shift;
        while (true)
        {
            var next = (((exponent - 1) * root) + (number / BigInteger.Pow(root, exponent - 1))) / exponent;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
