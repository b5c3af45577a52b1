using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Judges public keys before use (CA/Browser Forum Code Signing Baseline Requirements, 6.1.5).</summary>
public static class PublicKeyRules
{
    /// <summary>Judges a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).</summary>
    /// <returns>The algorithm, or the fault.</returns>
    public static (KeyAlgorithm? Algorithm, PublicKeyFault? Fault) Judge(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        try
        {
            var family = SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo.Span);
            if (family == SubjectPublicKeyInfo.Family.Other)
            {
                return (null, PublicKeyFault.Unsupported);
            }

            if (family is SubjectPublicKeyInfo.Family.Rsa or SubjectPublicKeyInfo.Family.RsaPss && FaultOfRsa(subjectPublicKeyInfo) is { } fault)
            {
                return (null, fault);
            }

            if (family == SubjectPublicKeyInfo.Family.RsaPss)
            {
                return (null, PublicKeyFault.Unsupported);
            }

            using var key = VerificationKey.FromSubjectPublicKeyInfo(subjectPublicKeyInfo.Span);
            return (key.Algorithm, null);
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return (null, PublicKeyFault.Malformed);
        }
    }

    private static PublicKeyFault? FaultOfRsa(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        var outer = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
        outer.ReadSequence();
        var key = new AsnReader(outer.ReadBitString(out _), AsnEncodingRules.DER).ReadSequence();
        var modulus = key.ReadIntegerBytes();
        if (modulus.Length > 4096 / 8 + 1)
        {
            return PublicKeyFault.Unsupported;
        }

        var n = new BigInteger(modulus.Span, isUnsigned: false, isBigEndian: true);
        var e = new BigInteger(key.ReadIntegerBytes().Span, isUnsigned: false, isBigEndian: true);
        return n.Sign < 0 || n.GetBitLength() is not (2048 or 3072 or 4096)
            ? PublicKeyFault.Unsupported
            : RsaKeyQuality.FaultOf(n, e);
    }
}

/// <summary>Why a public key cannot be used for signing code.</summary>
public enum PublicKeyFault
{
    /// <summary>It is malformed, or an EC point that is not on its curve.</summary>
    Malformed = 1,

    /// <summary>It is neither RSA of 2048, 3072 or 4096 bits nor EC on P-256, P-384 or P-521.</summary>
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

    /// <summary>An RSA modulus that is a power of another number, whose root anyone computes (CA/Browser Forum 6.1.6).</summary>
    PowerModulus,
}

/// <summary>Describes faults of public keys.</summary>
internal static class PublicKeyFaults
{
    /// <summary>Whether anyone could obtain the private key.</summary>
    public static bool IsCompromising(this PublicKeyFault fault) => fault is
        PublicKeyFault.WeakModulus or PublicKeyFault.CloseFactors or PublicKeyFault.PowerModulus or PublicKeyFault.RocaModulus
        or PublicKeyFault.PublishedKey;

    /// <summary>The fault as a predicate, with "its" for the certificate.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="subjectPublicKeyInfo">The key, DER.</param>
    public static string Describe(this PublicKeyFault fault, ReadOnlyMemory<byte> subjectPublicKeyInfo) => fault switch
    {
        PublicKeyFault.Malformed => "its public key is malformed",
        PublicKeyFault.Unsupported => $"its key is {PublicKeyName.Of(subjectPublicKeyInfo.Span)}, which is not supported: expected {KeyAlgorithmNames.Supported}",
        PublicKeyFault.WeakExponent => "its RSA exponent is weak (expected an odd number from 65537 to 2^256 - 1)",
        PublicKeyFault.WeakModulus => "its RSA modulus is weak (it has a factor below 752)",
        PublicKeyFault.CloseFactors => "its RSA modulus is weak (its prime factors are so close that Fermat's method finds them)",
        PublicKeyFault.PowerModulus => "its RSA modulus is weak (it is a power of another number)",
        PublicKeyFault.RocaModulus => "its RSA modulus is weak (it has the form of Infineon's keys, CVE-2017-15361)",
        PublicKeyFault.PublishedKey => "its private key has been published",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}

/// <summary>
/// Keys whose private part has been published, built in besides the operator's lists (<see cref="CompromisedKeys"/>). A
/// line of <c>published-rsa-keys.txt</c> is a fingerprint as in Debian's lists of weak keys (CVE-2008-0166).
/// </summary>
internal static class PublishedKeys
{
    private static readonly FrozenSet<string> Fingerprints = Read();

    public static bool Contain(BigInteger modulus) =>
        Fingerprints.Contains(FingerprintOf(modulus.ToByteArray(isUnsigned: true, isBigEndian: true)));

    /// <summary>The last 80 bits of the SHA-1 of what <c>openssl rsa -noout -modulus</c> prints.</summary>
    /// <param name="modulus">The modulus, big-endian, without leading zeros.</param>
    public static string FingerprintOf(ReadOnlySpan<byte> modulus)
    {
        var printed = $"Modulus={Convert.ToHexString(modulus)}\n";
#pragma warning disable CA5350 // The lists were made with SHA-1, and nobody gains by a collision with a refused key.
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.ASCII.GetBytes(printed)))[^KeyFingerprints.ModulusDigits..];
#pragma warning restore CA5350
    }

    private static FrozenSet<string> Read()
    {
        using var stream = typeof(PublishedKeys).Assembly.GetManifestResourceStream("Pki/published-rsa-keys.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line[0] != '#')
            .Select(line => line[..KeyFingerprints.ModulusDigits])
            .ToFrozenSet(StringComparer.Ordinal);
    }
}
