namespace CodeSigning.Silo.Pki;

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
