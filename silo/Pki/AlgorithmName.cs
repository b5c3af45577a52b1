using System.Collections.Frozen;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>The names of algorithms that refusals tell of.</summary>
internal static class AlgorithmName
{
    // What the platform's library knows by no name, or by one that nobody would search for.
    private static readonly FrozenDictionary<string, string> Known = new Dictionary<string, string>
    {
        ["1.2.840.10040.4.1"] = "DSA",
        [Oids.RsassaPss] = "RSASSA-PSS",
        ["1.3.132.0.10"] = "secp256k1",
        ["1.3.101.110"] = "X25519",
        ["1.3.101.111"] = "X448",
        ["1.3.101.112"] = "Ed25519",
        ["1.3.101.113"] = "Ed448",
        ["1.3.6.1.4.1.11591.4.11"] = "scrypt",
        ["1.2.840.113549.1.5.14"] = "PBMAC1",
        ["1.2.840.113549.1.12.1.1"] = "RC4 of 128 bits",
        ["1.2.840.113549.1.12.1.2"] = "RC4 of 40 bits",
        ["1.2.840.113549.2.8"] = "HMAC with SHA-224",
        ["1.2.840.113549.2.12"] = "HMAC with SHA-512/224",
        ["1.2.840.113549.2.13"] = "HMAC with SHA-512/256",
        ["2.16.840.1.101.3.4.2.4"] = "SHA-224",
        ["2.16.840.1.101.3.4.2.5"] = "SHA-512/224",
        ["2.16.840.1.101.3.4.2.6"] = "SHA-512/256",
        ["2.16.840.1.101.3.4.3.17"] = "ML-DSA-44",
        ["2.16.840.1.101.3.4.3.18"] = "ML-DSA-65",
        ["2.16.840.1.101.3.4.3.19"] = "ML-DSA-87",
    }.ToFrozenDictionary();

    /// <summary>The name of an algorithm, curve or hash, or its object identifier if it has none.</summary>
    public static string Of(string oid) =>
        Known.TryGetValue(oid, out var name) ? name
        : new Oid(oid).FriendlyName is { Length: > 0 } friendly && friendly != oid ? friendly
        : oid;
}
