namespace CodeSigning.Signing;

/// <summary>The signature schemes of the sign endpoint. Values are stored: they only ever grow.</summary>
public enum SigningAlgorithm
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2).</summary>
    RsaPkcs1Sha256 = 1,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-384 (RFC 8017, section 8.2).</summary>
    RsaPkcs1Sha384 = 2,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-512 (RFC 8017, section 8.2).</summary>
    RsaPkcs1Sha512 = 3,

    /// <summary>RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017, section 8.1).</summary>
    RsaPssSha256 = 4,

    /// <summary>RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes (RFC 8017, section 8.1).</summary>
    RsaPssSha384 = 5,

    /// <summary>RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes (RFC 8017, section 8.1).</summary>
    RsaPssSha512 = 6,

    /// <summary>ECDSA over a SHA-256 digest (FIPS 186-5, section 6).</summary>
    EcdsaSha256 = 7,

    /// <summary>ECDSA over a SHA-384 digest (FIPS 186-5, section 6).</summary>
    EcdsaSha384 = 8,

    /// <summary>ECDSA over a SHA-512 digest (FIPS 186-5, section 6).</summary>
    EcdsaSha512 = 9,
}
