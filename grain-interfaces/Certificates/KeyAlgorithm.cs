using System.Diagnostics.CodeAnalysis;

namespace CodeSigning.Certificates;

/// <summary>The key algorithms of certificates. Values are stored: never renumber or reuse them.</summary>
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

/// <summary>The spelling of <see cref="KeyAlgorithm"/> on the wire and in stored documents.</summary>
public static class KeyAlgorithmNames
{
    /// <summary>The keys that are supported, for messages about those that are not.</summary>
    public const string Supported = "RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256, P-384 or P-521";

    /// <summary>The wire name, such as <c>RSA_3072</c> or <c>EC_P256</c>.</summary>
    public static string ToWireName(this KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 => "RSA_2048",
        KeyAlgorithm.Rsa3072 => "RSA_3072",
        KeyAlgorithm.Rsa4096 => "RSA_4096",
        KeyAlgorithm.EcP256 => "EC_P256",
        KeyAlgorithm.EcP384 => "EC_P384",
        KeyAlgorithm.EcP521 => "EC_P521",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>Parses a wire name, case-sensitive.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out KeyAlgorithm algorithm)
    {
        algorithm = name switch
        {
            "RSA_2048" => KeyAlgorithm.Rsa2048,
            "RSA_3072" => KeyAlgorithm.Rsa3072,
            "RSA_4096" => KeyAlgorithm.Rsa4096,
            "EC_P256" => KeyAlgorithm.EcP256,
            "EC_P384" => KeyAlgorithm.EcP384,
            "EC_P521" => KeyAlgorithm.EcP521,
            _ => 0,
        };
        return algorithm != 0;
    }

    /// <summary>Whether the key is an RSA key; otherwise it is an elliptic-curve key.</summary>
    public static bool IsRsa(this KeyAlgorithm algorithm) =>
        algorithm is KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072 or KeyAlgorithm.Rsa4096;
}
