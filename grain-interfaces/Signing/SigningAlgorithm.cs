using System.Collections.Frozen;
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

/// <summary>The spelling and the properties of <see cref="SigningAlgorithm"/>: a row for each, and nothing else names them.</summary>
public static class SigningAlgorithmNames
{
    private static readonly FrozenDictionary<SigningAlgorithm, Scheme> Schemes = new Dictionary<SigningAlgorithm, Scheme>
    {
        [SigningAlgorithm.RsaPkcs1Sha256] = new("RSASSA_PKCS1_V1_5_SHA256", Family.RsaPkcs1, HashAlgorithmName.SHA256, 32),
        [SigningAlgorithm.RsaPkcs1Sha384] = new("RSASSA_PKCS1_V1_5_SHA384", Family.RsaPkcs1, HashAlgorithmName.SHA384, 48),
        [SigningAlgorithm.RsaPkcs1Sha512] = new("RSASSA_PKCS1_V1_5_SHA512", Family.RsaPkcs1, HashAlgorithmName.SHA512, 64),
        [SigningAlgorithm.RsaPssSha256] = new("RSASSA_PSS_SHA256", Family.RsaPss, HashAlgorithmName.SHA256, 32),
        [SigningAlgorithm.RsaPssSha384] = new("RSASSA_PSS_SHA384", Family.RsaPss, HashAlgorithmName.SHA384, 48),
        [SigningAlgorithm.RsaPssSha512] = new("RSASSA_PSS_SHA512", Family.RsaPss, HashAlgorithmName.SHA512, 64),
        [SigningAlgorithm.EcdsaSha256] = new("ECDSA_SHA256", Family.Ecdsa, HashAlgorithmName.SHA256, 32),
        [SigningAlgorithm.EcdsaSha384] = new("ECDSA_SHA384", Family.Ecdsa, HashAlgorithmName.SHA384, 48),
        [SigningAlgorithm.EcdsaSha512] = new("ECDSA_SHA512", Family.Ecdsa, HashAlgorithmName.SHA512, 64),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, SigningAlgorithm> ByName = Schemes.Keys
        .SelectMany(algorithm => new[]
        {
            KeyValuePair.Create(algorithm.ToWireName(), algorithm), KeyValuePair.Create(algorithm.ToUnderscoredName(), algorithm),
        })
        .ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, int> DigestLengths = Schemes.Values
        .DistinctBy(scheme => scheme.HashLabel)
        .ToFrozenDictionary(scheme => scheme.HashLabel, scheme => scheme.DigestLength, StringComparer.Ordinal);

    private enum Family
    {
        RsaPkcs1,
        RsaPss,
        Ecdsa,
    }

    /// <summary>The labels of the hashes that are signed, such as <c>sha256</c>.</summary>
    public static IEnumerable<string> HashLabels => DigestLengths.Keys.Order(StringComparer.Ordinal);

    /// <summary>The wire name, such as <c>RSASSA_PSS_SHA256</c>.</summary>
    public static string ToWireName(this SigningAlgorithm algorithm) => Schemes[algorithm].WireName;

    /// <summary>The other name that requests may use, such as <c>RSASSA_PSS_SHA_256</c>.</summary>
    public static string ToUnderscoredName(this SigningAlgorithm algorithm) =>
        algorithm.ToWireName().Replace("_SHA", "_SHA_", StringComparison.Ordinal);

    /// <summary>Parses a wire name; an underscore before the digest size is accepted too.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out SigningAlgorithm algorithm)
    {
        algorithm = 0;
        return name is not null && ByName.TryGetValue(name, out algorithm);
    }

    /// <summary>Whether keys of this kind can make signatures of this scheme.</summary>
    public static bool Fits(this SigningAlgorithm algorithm, KeyAlgorithm key) => algorithm.IsRsa() == key.IsRsa();

    /// <summary>Whether the scheme is one of RSA's.</summary>
    public static bool IsRsa(this SigningAlgorithm algorithm) => Schemes[algorithm].Family != Family.Ecdsa;

    /// <summary>Whether the scheme is RSASSA-PSS.</summary>
    public static bool IsPss(this SigningAlgorithm algorithm) => Schemes[algorithm].Family == Family.RsaPss;

    /// <summary>The hash function whose digest is signed.</summary>
    public static HashAlgorithmName Hash(this SigningAlgorithm algorithm) => Schemes[algorithm].Hash;

    /// <summary>What a digest is labelled with where it stands as text, such as <c>sha256</c>.</summary>
    public static string HashLabel(this SigningAlgorithm algorithm) => Schemes[algorithm].HashLabel;

    /// <summary>The length of the digest that is signed, in bytes.</summary>
    public static int DigestLength(this SigningAlgorithm algorithm) => Schemes[algorithm].DigestLength;

    /// <summary>The length of a digest with this label, in bytes; null where no scheme signs such digests.</summary>
    public static int? DigestLengthOf(string hashLabel) => DigestLengths.TryGetValue(hashLabel, out var length) ? length : null;

    private sealed record Scheme(string WireName, Family Family, HashAlgorithmName Hash, int DigestLength)
    {
        public string HashLabel { get; } = Hash.Name!.ToLowerInvariant();
    }
}
