using System.Buffers.Binary;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// The forms in which lists name a public key, each cut to 64 bits: of a list of four million keys another key has one by
/// chance in a 10^12th of all cases.
/// </summary>
/// <param name="Modulus">RSA: of the last 80 bits of the SHA-1 of what <c>openssl rsa -noout -modulus</c> prints; else null.</param>
/// <param name="Number">Of the SHA-256 of the RSA modulus, or of the point's x, without leading zeros; null for other keys.</param>
/// <param name="Infos">Of the SHA-256 of the SubjectPublicKeyInfo, as it was given and in the usual encoding.</param>
internal sealed record KeyFingerprints(ulong? Modulus, ulong? Number, IReadOnlyList<ulong> Infos)
{
    /// <summary>How many hexadecimal digits of a SHA-1 the lists of openssl-blacklist have: the last ones.</summary>
    public const int ModulusDigits = 20;

    /// <summary>The fingerprints of a key.</summary>
    /// <param name="subjectPublicKeyInfo">The key (RFC 5280, section 4.1.2.7), DER.</param>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static KeyFingerprints Of(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        switch (SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo))
        {
            case SubjectPublicKeyInfo.Family.Rsa:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
                    var modulus = rsa.ExportParameters(false).Modulus!;
                    return new KeyFingerprints(
                        Cut(Convert.FromHexString(PublishedKeys.FingerprintOf(modulus))),
                        OfNumber(modulus),
                        [OfInfo(subjectPublicKeyInfo), OfInfo(rsa.ExportSubjectPublicKeyInfo())]);
                }

            case SubjectPublicKeyInfo.Family.Ec:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
                    return new KeyFingerprints(
                        null,
                        OfNumber(ecdsa.ExportParameters(false).Q.X),
                        [OfInfo(subjectPublicKeyInfo), OfInfo(ecdsa.ExportSubjectPublicKeyInfo())]);
                }

            default:
                return new KeyFingerprints(null, null, [OfInfo(subjectPublicKeyInfo)]);
        }
    }

    /// <summary>The first 64 bits.</summary>
    public static ulong Cut(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64BigEndian(digest);

    private static ulong OfInfo(ReadOnlySpan<byte> subjectPublicKeyInfo) => Cut(SHA256.HashData(subjectPublicKeyInfo));

    private static ulong OfNumber(ReadOnlySpan<byte> number) => Cut(SHA256.HashData(number.TrimStart((byte)0)));
}
