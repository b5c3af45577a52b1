namespace CodeSigning.Silo.Pki;

/// <summary>Why a public key cannot be used for signing code here.</summary>
public enum PublicKeyFault
{
    /// <summary>It is not a key at all, or an EC point that is not on its curve.</summary>
    Malformed = 1,

    /// <summary>It is neither RSA of 2048, 3072 or 4096 bits nor EC on P-256, P-384 or P-521 by name.</summary>
    Unsupported,

    /// <summary>An RSA exponent that is even, below 65537 or above 2^256 - 1 (CA/Browser Forum 6.1.6).</summary>
    WeakExponent,

    /// <summary>An RSA modulus that is even or has a factor below 752 (CA/Browser Forum 6.1.6).</summary>
    WeakModulus,

    /// <summary>An RSA modulus that a hundred rounds of Fermat's method factor, for example a square.</summary>
    CloseFactors,

    /// <summary>An RSA modulus of the form that Infineon's library made (ROCA, CVE-2017-15361).</summary>
    RocaModulus,

    /// <summary>The private key has been published.</summary>
    PublishedKey,
}

/// <summary>What is against a public key, in words.</summary>
internal static class PublicKeyFaults
{
    /// <summary>Whether anybody could come by the private key.</summary>
    public static bool IsCompromising(this PublicKeyFault fault) => fault is
        PublicKeyFault.WeakModulus or PublicKeyFault.CloseFactors or PublicKeyFault.RocaModulus or PublicKeyFault.PublishedKey;

    /// <summary>The fault as a predicate, with "its" for the certificate.</summary>
    public static string Describe(this PublicKeyFault fault) => fault switch
    {
        PublicKeyFault.Malformed => "its public key is malformed",
        PublicKeyFault.Unsupported => "its key is neither RSA of 2048, 3072 or 4096 bits nor EC on P-256, P-384 or P-521",
        PublicKeyFault.WeakExponent => "its RSA exponent is weak (expected an odd number from 65537 to 2^256 - 1)",
        PublicKeyFault.WeakModulus => "its RSA modulus is weak (it has a factor below 752)",
        PublicKeyFault.CloseFactors => "its RSA modulus is weak (its prime factors are so close that Fermat's method finds them)",
        PublicKeyFault.RocaModulus => "its RSA modulus is weak (it has the form of Infineon's keys, CVE-2017-15361)",
        PublicKeyFault.PublishedKey => "its private key has been published",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
