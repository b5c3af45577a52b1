using System.Numerics;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Owns the numbers of a computation with a private key and zeroes them at its end. <see cref="BigInteger"/> cannot be zeroed, and
/// leaves copies in pooled buffers.
/// </summary>
internal sealed class SecretNumbers : IDisposable
{
    private readonly List<ulong[]> _buffers = [];

    /// <summary>Reads an unsigned number, most significant byte first.</summary>
    public SecretNumber Read(ReadOnlySpan<byte> bigEndian)
    {
        var limbs = Allocate((bigEndian.Length + 7) / 8);
        for (var place = 0; place < bigEndian.Length; place++)
        {
            limbs[place / 8] |= (ulong)bigEndian[^(place + 1)] << (place % 8 * 8);
        }

        return new SecretNumber(this, limbs);
    }

    /// <summary>A number that is no secret.</summary>
    public SecretNumber Of(BigInteger number) => Read(number.ToByteArray(isUnsigned: true, isBigEndian: true));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            Array.Clear(buffer);
        }

        _buffers.Clear();
    }

    /// <summary>A buffer that the garbage collector does not copy, and that is zeroed with the others.</summary>
    internal ulong[] Allocate(int limbs)
    {
        var buffer = GC.AllocateArray<ulong>(limbs, pinned: true);
        _buffers.Add(buffer);
        return buffer;
    }
}

/// <summary>
/// A natural number in memory of its <see cref="SecretNumbers"/>, which the results of its operations share. The arithmetic is that
/// of schoolbooks, and its time depends on the numbers: it serves to judge a key once, not to sign.
/// </summary>
internal sealed class SecretNumber
{
    private readonly SecretNumbers _owner;
    private readonly ulong[] _limbs; // Least significant first.
    private readonly int _length; // Without zeros at the top.

    internal SecretNumber(SecretNumbers owner, ulong[] limbs)
    {
        (_owner, _limbs) = (owner, limbs);
        _length = LengthOf(limbs);
    }

    /// <summary>The number of bits up to the highest that is set.</summary>
    public int BitLength => _length == 0 ? 0 : (64 * _length) - BitOperations.LeadingZeroCount(_limbs[_length - 1]);

    /// <summary>Whether it is even.</summary>
    public bool IsEven => _length == 0 || (_limbs[0] & 1) == 0;

    /// <summary>Whether it is zero.</summary>
    public bool IsZero => _length == 0;

    /// <summary>Whether it is one.</summary>
    public bool IsOne => _length == 1 && _limbs[0] == 1;

    private ReadOnlySpan<ulong> Limbs => _limbs.AsSpan(0, _length);

    /// <summary>Whether a bit is set, counted from the lowest.</summary>
    public bool HasBit(int bit) => bit < 64 * _length && (_limbs[bit / 64] >> (bit % 64) & 1) != 0;

    /// <summary>The number of zero bits below the lowest that is set; not for zero.</summary>
    public int TrailingZeros()
    {
        var bit = 0;
        while (!HasBit(bit))
        {
            bit++;
        }

        return bit;
    }

    /// <summary>The sum with a small number.</summary>
    public static SecretNumber operator +(SecretNumber number, ulong small)
    {
        var sum = number._owner.Allocate(number._length + 1);
        number.Limbs.CopyTo(sum);
        for (var place = 0; small != 0; place++)
        {
            sum[place] += small;
            small = sum[place] < small ? 1UL : 0;
        }

        return new SecretNumber(number._owner, sum);
    }

    /// <summary>The difference to a number that is not larger.</summary>
    public static SecretNumber operator -(SecretNumber number, SecretNumber other)
    {
        var difference = number._owner.Allocate(number._length);
        number.Limbs.CopyTo(difference);
        Subtract(difference, other.Limbs);
        return new SecretNumber(number._owner, difference);
    }

    /// <summary>The difference to a small number that is not larger.</summary>
    public static SecretNumber operator -(SecretNumber number, ulong small)
    {
        var difference = number._owner.Allocate(number._length);
        number.Limbs.CopyTo(difference);
        Subtract(difference, [small]);
        return new SecretNumber(number._owner, difference);
    }

    /// <summary>The product.</summary>
    public static SecretNumber operator *(SecretNumber number, SecretNumber other)
    {
        var product = number._owner.Allocate(number._length + other._length);
        for (var place = 0; place < number._length; place++)
        {
            product[place + other._length] = AddProduct(product.AsSpan(place), other.Limbs, number._limbs[place]);
        }

        return new SecretNumber(number._owner, product);
    }

    /// <summary>The product with a small number.</summary>
    public static SecretNumber operator *(SecretNumber number, ulong small)
    {
        var product = number._owner.Allocate(number._length + 1);
        product[number._length] = AddProduct(product, number.Limbs, small);
        return new SecretNumber(number._owner, product);
    }

    /// <summary>The quotient, rounded down.</summary>
    public static SecretNumber operator /(SecretNumber number, SecretNumber divisor) => number.Divide(divisor).Quotient;

    /// <summary>The remainder.</summary>
    public static SecretNumber operator %(SecretNumber number, SecretNumber divisor) => number.Divide(divisor).Remainder;

    /// <summary>The number without its lowest bits.</summary>
    public static SecretNumber operator >>(SecretNumber number, int bits)
    {
        var (limbs, rest) = (bits / 64, bits % 64);
        var shifted = number._owner.Allocate(Math.Max(0, number._length - limbs));
        for (var place = 0; place < shifted.Length; place++)
        {
            var above = place + limbs + 1 < number._length && rest != 0 ? number._limbs[place + limbs + 1] << (64 - rest) : 0;
            shifted[place] = (number._limbs[place + limbs] >> rest) | above;
        }

        return new SecretNumber(number._owner, shifted);
    }

    /// <summary>Compares as numbers: negative, zero or positive.</summary>
    public int CompareTo(SecretNumber other) => Compare(Limbs, other.Limbs);

    /// <summary>The distance to another number.</summary>
    public SecretNumber DistanceTo(SecretNumber other) => CompareTo(other) >= 0 ? this - other : other - this;

    /// <summary>The greatest common divisor with a number that is not zero, by halving and subtracting (Stein's algorithm).</summary>
    public SecretNumber GreatestCommonDivisor(SecretNumber other)
    {
        if (IsZero)
        {
            return other;
        }

        var twos = Math.Min(TrailingZeros(), other.TrailingZeros());
        var length = Math.Max(_length, other._length);
        var (a, b) = (_owner.Allocate(length), _owner.Allocate(length));
        Limbs.CopyTo(a);
        other.Limbs.CopyTo(b);
        HalveToOdd(a);
        HalveToOdd(b);
        for (var order = Compare(a, b); order != 0; order = Compare(a, b))
        {
            var larger = order > 0 ? a : b;
            Subtract(larger, order > 0 ? b : a);
            HalveToOdd(larger);
        }

        var power = _owner.Allocate((twos / 64) + 1);
        power[twos / 64] = 1UL << (twos % 64);
        return new SecretNumber(_owner, a) * new SecretNumber(_owner, power);
    }

    /// <summary>The test of Miller and Rabin with random bases (NIST FIPS 186-5, B.3.1).</summary>
    public bool IsProbablePrime(int rounds)
    {
        if (IsEven || CompareTo(_owner.Of(4)) < 0)
        {
            return CompareTo(_owner.Of(2)) == 0 || CompareTo(_owner.Of(3)) == 0;
        }

        MontgomeryField field = new(_owner, _limbs.AsSpan(0, _length));
        var less = this - 1;
        var twos = less.TrailingZeros();
        var odd = less >> twos;
        // Between 2 and number - 2. So many more bits than the number has make the remainder's bias as small as the test's error.
        var range = this - 3;
        for (var round = 0; round < rounds; round++)
        {
            var witness = (_owner.Read(RandomNumberGenerator.GetBytes((8 * _length) + 16)) % range) + 2;
            if (field.IsWitness(witness.Limbs, odd, twos))
            {
                return false;
            }
        }

        return true;
    }

    // Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D.
    private (SecretNumber Quotient, SecretNumber Remainder) Divide(SecretNumber divisor)
    {
        if (divisor.IsZero)
        {
            throw new DivideByZeroException();
        }

        if (CompareTo(divisor) < 0)
        {
            return (new SecretNumber(_owner, _owner.Allocate(0)), this);
        }

        var shift = BitOperations.LeadingZeroCount(divisor._limbs[divisor._length - 1]);
        var (rest, by) = (_owner.Allocate(_length + 1), _owner.Allocate(divisor._length));
        ShiftLeft(Limbs, shift, rest);
        ShiftLeft(divisor.Limbs, shift, by);
        var quotient = _owner.Allocate(_length - divisor._length + 1);
        for (var place = quotient.Length - 1; place >= 0; place--)
        {
            quotient[place] = TakeMultiple(rest.AsSpan(place, by.Length + 1), by);
        }

        return (new SecretNumber(_owner, quotient), new SecretNumber(_owner, rest) >> shift);
    }

    // Takes the largest multiple of the divisor from a number of one limb more, and gives how many times it was.
    private static ulong TakeMultiple(Span<ulong> number, ReadOnlySpan<ulong> divisor)
    {
        var top = divisor[^1];
        // At most two too large, since the divisor's top bit is set.
        var guess = number[^1] >= top ? ulong.MaxValue : (ulong)(new UInt128(number[^1], number[^2]) / top);
        var borrow = SubtractProduct(number[..^1], divisor, guess);
        var isTooMuch = number[^1] < borrow;
        number[^1] -= borrow;
        while (isTooMuch)
        {
            guess--;
            var carry = Add(number[..^1], divisor);
            number[^1] += carry;
            isTooMuch = carry == 0 || number[^1] != 0;
        }

        return guess;
    }

    private static void ShiftLeft(ReadOnlySpan<ulong> number, int bits, Span<ulong> destination)
    {
        var carry = 0UL;
        for (var place = 0; place < number.Length; place++)
        {
            destination[place] = (number[place] << bits) | carry;
            carry = bits == 0 ? 0 : number[place] >> (64 - bits);
        }

        if (destination.Length > number.Length)
        {
            destination[number.Length] = carry;
        }
    }

    private static void HalveToOdd(Span<ulong> number)
    {
        while ((number[0] & 1) == 0)
        {
            var bits = number[0] == 0 ? 63 : BitOperations.TrailingZeroCount(number[0]);
            for (var place = 0; place < number.Length; place++)
            {
                number[place] = (number[place] >> bits) | (place + 1 < number.Length ? number[place + 1] << (64 - bits) : 0);
            }
        }
    }

    internal static int Compare(ReadOnlySpan<ulong> number, ReadOnlySpan<ulong> other)
    {
        var (length, otherLength) = (LengthOf(number), LengthOf(other));
        if (length != otherLength)
        {
            return length.CompareTo(otherLength);
        }

        for (var place = length - 1; place >= 0; place--)
        {
            if (number[place] != other[place])
            {
                return number[place].CompareTo(other[place]);
            }
        }

        return 0;
    }

    internal static void Subtract(Span<ulong> number, ReadOnlySpan<ulong> other)
    {
        var borrow = 0UL;
        for (var place = 0; place < number.Length && (place < other.Length || borrow != 0); place++)
        {
            var taken = new UInt128(0, place < other.Length ? other[place] : 0) + borrow;
            borrow = number[place] < taken ? 1UL : 0;
            number[place] -= (ulong)taken;
        }
    }

    /// <summary>Adds the multiple of a number, as long as that is, and gives the carry.</summary>
    internal static ulong AddProduct(Span<ulong> sum, ReadOnlySpan<ulong> number, ulong factor)
    {
        var carry = 0UL;
        for (var place = 0; place < number.Length; place++)
        {
            var high = Math.BigMul(number[place], factor, out var low);
            low += carry;
            high += low < carry ? 1UL : 0;
            sum[place] += low;
            carry = high + (sum[place] < low ? 1UL : 0);
        }

        return carry;
    }

    private static ulong Add(Span<ulong> sum, ReadOnlySpan<ulong> number)
    {
        var carry = 0UL;
        for (var place = 0; place < number.Length; place++)
        {
            var both = new UInt128(0, sum[place]) + number[place] + carry;
            sum[place] = (ulong)both;
            carry = (ulong)(both >> 64);
        }

        return carry;
    }

    private static ulong SubtractProduct(Span<ulong> number, ReadOnlySpan<ulong> other, ulong factor)
    {
        var borrow = 0UL;
        for (var place = 0; place < other.Length; place++)
        {
            var high = Math.BigMul(other[place], factor, out var low);
            low += borrow;
            high += low < borrow ? 1UL : 0;
            borrow = high + (number[place] < low ? 1UL : 0);
            number[place] -= low;
        }

        return borrow;
    }

    private static int LengthOf(ReadOnlySpan<ulong> limbs) => limbs.LastIndexOfAnyExcept(0UL) + 1;

    /// <summary>Arithmetic modulo an odd number (Montgomery, 1985).</summary>
    private sealed class MontgomeryField
    {
        private readonly ulong[] _modulus;
        private readonly ulong[] _one;
        private readonly ulong[] _minusOne;
        private readonly ulong[] _squareOfRadix;
        private readonly ulong[] _work;
        private readonly ulong[] _power;
        private readonly ulong[] _base;
        private readonly ulong _inverse;

        public MontgomeryField(SecretNumbers owner, ReadOnlySpan<ulong> modulus)
        {
            var length = modulus.Length;
            ulong[] Allocate() => owner.Allocate(length);
            (_modulus, _one, _minusOne, _squareOfRadix) = (Allocate(), Allocate(), Allocate(), Allocate());
            (_power, _base, _work) = (Allocate(), Allocate(), owner.Allocate(length + 2));
            modulus.CopyTo(_modulus);
            Reduced(owner, 64 * length).CopyTo(_one);
            Reduced(owner, 128 * length).CopyTo(_squareOfRadix);
            modulus.CopyTo(_minusOne);
            Subtract(_minusOne, _one);
            // Newton's iteration doubles the bits of the inverse modulo 2^64 that are right.
            var inverse = modulus[0];
            for (var round = 0; round < 6; round++)
            {
                inverse *= 2 - (modulus[0] * inverse);
            }

            _inverse = 0 - inverse;
        }

        /// <summary>Whether a base proves that the modulus, which is odd·2^twos + 1, is not prime.</summary>
        public bool IsWitness(ReadOnlySpan<ulong> number, SecretNumber odd, int twos)
        {
            Array.Clear(_base);
            number.CopyTo(_base);
            Multiply(_base, _squareOfRadix, _base);
            _one.CopyTo(_power, 0);
            for (var bit = odd.BitLength - 1; bit >= 0; bit--)
            {
                Multiply(_power, _power, _power);
                if (odd.HasBit(bit))
                {
                    Multiply(_power, _base, _power);
                }
            }

            if (_power.AsSpan().SequenceEqual(_one))
            {
                return false;
            }

            for (var square = 0; square < twos; square++)
            {
                if (_power.AsSpan().SequenceEqual(_minusOne))
                {
                    return false;
                }

                Multiply(_power, _power, _power);
            }

            return true;
        }

        // The coarsely integrated operand scanning method (Koç, Acar and Kaliski, 1996).
        private void Multiply(ulong[] number, ulong[] other, ulong[] product)
        {
            var (work, length) = (_work, _modulus.Length);
            Array.Clear(work);
            for (var place = 0; place < length; place++)
            {
                AddToTop(AddProduct(work, number, other[place]));
                AddToTop(AddProduct(work, _modulus, work[0] * _inverse));
                work.AsSpan(1).CopyTo(work);
                work[length + 1] = 0;
            }

            if (work[length] != 0 || Compare(work.AsSpan(0, length), _modulus) >= 0)
            {
                Subtract(work, _modulus);
            }

            work.AsSpan(0, length).CopyTo(product);
        }

        private void AddToTop(ulong carry)
        {
            var length = _modulus.Length;
            _work[length] += carry;
            _work[length + 1] += _work[length] < carry ? 1UL : 0;
        }

        private ReadOnlySpan<ulong> Reduced(SecretNumbers owner, int bits)
        {
            var power = owner.Allocate((bits / 64) + 1);
            power[bits / 64] = 1;
            return (new SecretNumber(owner, power) % new SecretNumber(owner, _modulus)).Limbs;
        }
    }
}
