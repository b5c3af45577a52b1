using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Errors;

namespace CodeSigning.Grains.Certificates;

/// <summary>What may be asked of a certificate; everything else is refused with a sentence that says what may.</summary>
public static class CertificateRules
{
    /// <summary>The longest life of an internal CA, in days (25 years).</summary>
    public const int LongestAuthorityDays = 9125;

    /// <summary>The longest life of a code-signing certificate, in days.</summary>
    public const int LongestLeafDays = 3650;

    /// <summary>How many CAs stand above a certificate at most: a root, and an issuing CA under it.</summary>
    public const int DeepestLine = 2;

    // RFC 5280, appendix A.1: ub-common-name.
    private const int LongestCommonName = 64;
    private const int LongestSubject = 512;

    /// <summary>Checks a common name.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string CommonName(string? text) =>
        IsPlain(text) && CountOf(text) <= LongestCommonName
            ? text
            : throw Invalid("commonName needs 1 to 64 characters, without control characters and without spaces at its ends.");

    /// <summary>Checks the length and the characters of a distinguished name; its form is the reader's to check.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string Subject(string? text) =>
        IsPlain(text) && CountOf(text) <= LongestSubject
            ? text
            : throw Invalid("subject needs a distinguished name of at most 512 characters, such as 'CN=Example,O=Example Ltd,C=DE'.");

    /// <summary>Reads the name of a kind of key.</summary>
    /// <exception cref="RefusedException"><c>UnsupportedAlgorithm</c>.</exception>
    public static KeyAlgorithm Algorithm(string? name) => KeyAlgorithmNames.TryParse(name, out var algorithm)
        ? algorithm
        : throw new RefusedException(
            ErrorCode.UnsupportedAlgorithm,
            "keyAlgorithm must be one of RSA_2048, RSA_3072, RSA_4096, EC_P256, EC_P384, EC_P521.");

    /// <summary>Checks a life in days.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static TimeSpan Life(int days, int longest) => days >= 1 && days <= longest
        ? TimeSpan.FromDays(days)
        : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"ttlDays must be from 1 to {longest}."));

    /// <summary>Checks that something is brought in, and in one way.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void Import(ImportCertificate request)
    {
        var isPem = request is { CertificatePem: not null, PrivateKeyPem: not null };
        var isOther = request is not { CertificatePem: null, ChainPem: null, PrivateKeyPem: null };
        if (request.Pkcs12 is null ? !isPem : isOther)
        {
            throw Invalid("Give either pkcs12 with its password, or certificatePem, chainPem and privateKeyPem.");
        }
    }

    private static bool IsPlain([NotNullWhen(true)] string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text != text.Trim())
        {
            return false;
        }

        for (var at = 0; at < text.Length;)
        {
            // A lone surrogate is no character. Format characters would let one name look like another.
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length) != OperationStatus.Done
                || IsUnseen(rune))
            {
                return false;
            }

            at += length;
        }

        return true;
    }

    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static int CountOf(string text) => text.EnumerateRunes().Count();

    private static RefusedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}
