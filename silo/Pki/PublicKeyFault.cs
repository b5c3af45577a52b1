namespace CodeSigning.Silo.Pki;

/// <summary>Why a public key cannot be used for signing code here.</summary>
public enum PublicKeyFault
{
    /// <summary>It is not a key at all, or an EC point that is not on its curve.</summary>
    Malformed = 1,

    /// <summary>It is neither RSA of 2048, 3072 or 4096 bits nor EC on P-256, P-384 or P-521 by name.</summary>
    Unsupported,

    /// <summary>An RSA exponent that is even, below 3 or above 2^256 (NIST SP 800-89, CA/Browser Forum 6.1.6).</summary>
    WeakExponent,

    /// <summary>An RSA modulus that is even, has a factor below 752, or is a square.</summary>
    WeakModulus,
}
