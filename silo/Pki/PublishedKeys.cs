using System.Collections.Frozen;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Keys whose private half anybody can have, known without any list of the operator's (<see cref="CompromisedKeys"/>). They are
/// data: a line of <c>published-rsa-keys.txt</c> is a fingerprint as in Debian's lists of weak keys (CVE-2008-0166).
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
