namespace CodeSigning.Certificates;

/// <summary>The kinds of key that a certificate may have here. Values are stored: they only ever grow.</summary>
public enum KeyAlgorithm
{
    /// <summary>RSA with a modulus of 2048 bits; for private PKI only (CA/Browser Forum asks for 3072).</summary>
    Rsa2048 = 1,

    /// <summary>RSA with a modulus of 3072 bits.</summary>
    Rsa3072 = 2,

    /// <summary>RSA with a modulus of 4096 bits.</summary>
    Rsa4096 = 3,

    /// <summary>ECDSA on NIST P-256 (secp256r1).</summary>
    EcP256 = 4,

    /// <summary>ECDSA on NIST P-384 (secp384r1).</summary>
    EcP384 = 5,

    /// <summary>ECDSA on NIST P-521 (secp521r1).</summary>
    EcP521 = 6,
}
