using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CodeSigning.Certificates;

namespace CodeSigning.Signing;

/// <summary>The signature schemes of the sign endpoint. Values are stored: never renumber or reuse them.</summary>
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

/// <summary>The spelling and the properties of <see cref="SigningAlgorithm"/>.</summary>
public static class SigningAlgorithmNames
{
    /// <summary>The wire name, such as <c>RSASSA_PSS_SHA256</c>.</summary>
    public static string ToWireName(this SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.RsaPkcs1Sha256 => "RSASSA_PKCS1_V1_5_SHA256",
        SigningAlgorithm.RsaPkcs1Sha384 => "RSASSA_PKCS1_V1_5_SHA384",
        SigningAlgorithm.RsaPkcs1Sha512 => "RSASSA_PKCS1_V1_5_SHA512",
        SigningAlgorithm.RsaPssSha256 => "RSASSA_PSS_SHA256",
        SigningAlgorithm.RsaPssSha384 => "RSASSA_PSS_SHA384",
        SigningAlgorithm.RsaPssSha512 => "RSASSA_PSS_SHA512",
        SigningAlgorithm.EcdsaSha256 => "ECDSA_SHA256",
        SigningAlgorithm.EcdsaSha384 => "ECDSA_SHA384",
        SigningAlgorithm.EcdsaSha512 => "ECDSA_SHA512",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>Parses a wire name; an underscore before the digest size is accepted too.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out SigningAlgorithm algorithm)
    {
        algorithm = name switch
        {
            "RSASSA_PKCS1_V1_5_SHA256" or "RSASSA_PKCS1_V1_5_SHA_256" => SigningAlgorithm.RsaPkcs1Sha256,
            "RSASSA_PKCS1_V1_5_SHA384" or "RSASSA_PKCS1_V1_5_SHA_384" => SigningAlgorithm.RsaPkcs1Sha384,
            "RSASSA_PKCS1_V1_5_SHA512" or "RSASSA_PKCS1_V1_5_SHA_512" => SigningAlgorithm.RsaPkcs1Sha512,
            "RSASSA_PSS_SHA256" or "RSASSA_PSS_SHA_256" => SigningAlgorithm.RsaPssSha256,
            "RSASSA_PSS_SHA384" or "RSASSA_PSS_SHA_384" => SigningAlgorithm.RsaPssSha384,
            "RSASSA_PSS_SHA512" or "RSASSA_PSS_SHA_512" => SigningAlgorithm.RsaPssSha512,
            "ECDSA_SHA256" or "ECDSA_SHA_256" => SigningAlgorithm.EcdsaSha256,
            "ECDSA_SHA384" or "ECDSA_SHA_384" => SigningAlgorithm.EcdsaSha384,
            "ECDSA_SHA512" or "ECDSA_SHA_512" => SigningAlgorithm.EcdsaSha512,
            _ => 0,
        };
        return algorithm != 0;
    }

    /// <summary>Whether keys of this kind can make signatures of this scheme.</summary>
    public static bool Fits(this SigningAlgorithm algorithm, KeyAlgorithm key) => algorithm.IsRsa() == key.IsRsa();

    /// <summary>Whether the scheme is one of RSA's.</summary>
    public static bool IsRsa(this SigningAlgorithm algorithm) => algorithm < SigningAlgorithm.EcdsaSha256;

    /// <summary>Whether the scheme is RSASSA-PSS.</summary>
    public static bool IsPss(this SigningAlgorithm algorithm) =>
        algorithm is SigningAlgorithm.RsaPssSha256 or SigningAlgorithm.RsaPssSha384 or SigningAlgorithm.RsaPssSha512;

    /// <summary>The hash function whose digest is signed.</summary>
    public static HashAlgorithmName Hash(this SigningAlgorithm algorithm) => algorithm.DigestLength() switch
    {
        32 => HashAlgorithmName.SHA256,
        48 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    /// <summary>The length of the digest that is signed, in bytes: 32, 48 or 64.</summary>
    public static int DigestLength(this SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.RsaPkcs1Sha256 or SigningAlgorithm.RsaPssSha256 or SigningAlgorithm.EcdsaSha256 => 32,
        SigningAlgorithm.RsaPkcs1Sha384 or SigningAlgorithm.RsaPssSha384 or SigningAlgorithm.EcdsaSha384 => 48,
        _ => 64,
    };
}
