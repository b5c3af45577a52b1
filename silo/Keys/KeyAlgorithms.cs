using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>What the contract's algorithms are in terms of the framework.</summary>
internal static class KeyAlgorithms
{
    /// <summary>The kind of a key, or null if it is none of the six.</summary>
    public static KeyAlgorithm? Of(AsymmetricAlgorithm key) => key switch
    {
        RSA { KeySize: 2048 } => KeyAlgorithm.Rsa2048,
        RSA { KeySize: 3072 } => KeyAlgorithm.Rsa3072,
        RSA { KeySize: 4096 } => KeyAlgorithm.Rsa4096,
        ECDsa ecdsa => OfCurve(ecdsa.ExportParameters(false).Curve),
        _ => null,
    };

    /// <summary>Makes a fresh key pair.</summary>
    public static AsymmetricAlgorithm Create(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 => RSA.Create(2048),
        KeyAlgorithm.Rsa3072 => RSA.Create(3072),
        KeyAlgorithm.Rsa4096 => RSA.Create(4096),
        KeyAlgorithm.EcP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        KeyAlgorithm.EcP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        KeyAlgorithm.EcP521 => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>The length of a coordinate, and of r and s, in bytes.</summary>
    public static int FieldLength(this KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.EcP256 => 32,
        KeyAlgorithm.EcP384 => 48,
        KeyAlgorithm.EcP521 => 66,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>The padding; the platform's PSS has MGF1 with the same hash and a salt as long as the digest.</summary>
    public static RSASignaturePadding RsaPadding(this SigningAlgorithm algorithm) =>
        algorithm.IsPss() ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    /// <summary>The kind of keys on a named curve, or null if it is none of the three.</summary>
    public static KeyAlgorithm? OfCurve(string oid) => oid switch
    {
        "1.2.840.10045.3.1.7" => KeyAlgorithm.EcP256,
        "1.3.132.0.34" => KeyAlgorithm.EcP384,
        "1.3.132.0.35" => KeyAlgorithm.EcP521,
        _ => null,
    };

    private static KeyAlgorithm? OfCurve(ECCurve curve) =>
        curve is { IsNamed: true, Oid.Value: { } oid } ? OfCurve(oid) : null;
}
