using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Errors;

namespace CodeSigning.Grains.Certificates;

/// <summary>Validates the fields of certificate requests.</summary>
public static class CertificateRules
{
    /// <summary>The maximum validity of an internal CA, in days (25 years).</summary>
    public const int LongestAuthorityDays = 9125;

    /// <summary>The maximum validity of a code-signing certificate, in days.</summary>
    public const int LongestLeafDays = 3650;

    /// <summary>The maximum number of CAs above a certificate: a root and an issuing CA.</summary>
    public const int DeepestLine = 2;

    /// <summary>The custody of keys that are in no HSM.</summary>
    public const string Software = "software";

    // RFC 5280, appendix A.1: ub-common-name.
    private const int LongestCommonName = 64;
    private const int LongestSubject = 512;

    /// <summary>Validates a common name.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string CommonName(string? text) =>
        IsPlain(text) && CountOf(text) <= LongestCommonName
            ? text
            : throw Invalid("The field 'commonName' is invalid: expected 1 to 64 visible characters without leading or trailing spaces.");

    /// <summary>
    /// Validates the length and characters of a distinguished name; its syntax is checked when it is parsed.
    /// </summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string Subject(string? text) =>
        IsPlain(text) && CountOf(text) <= LongestSubject
            ? text
            : throw Invalid("The field 'subject' is invalid: expected a distinguished name of at most 512 characters, such as 'CN=Example,O=Example Ltd,C=DE'.");

    /// <summary>Parses a key algorithm.</summary>
    /// <exception cref="RefusedException"><c>UnsupportedAlgorithm</c>.</exception>
    public static KeyAlgorithm Algorithm(string? name) => KeyAlgorithmNames.TryParse(name, out var algorithm)
        ? algorithm
        : throw new RefusedException(
            ErrorCode.UnsupportedAlgorithm,
            "The field 'keyAlgorithm' is invalid: expected RSA_2048, RSA_3072, RSA_4096, EC_P256, EC_P384 or EC_P521.");

    /// <summary>Validates a validity in days.</summary>
    /// <param name="days">The days.</param>
    /// <param name="longest">The most days.</param>
    /// <param name="field">The field that has them.</param>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static TimeSpan Life(int days, int longest, string field = "ttlDays") => days >= 1 && days <= longest
        ? TimeSpan.FromDays(days)
        : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"The field '{field}' is invalid: expected 1 to {longest}."));

    /// <summary>The HSM that makes a key, whose existence the maker checks; null for software.</summary>
    public static string? Custody(string? custody) => custody is Software ? null : custody;

    /// <summary>Validates that an import uses exactly one of PKCS#12, PEM and a key in an HSM.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static void Import(ImportCertificate request)
    {
        if (Custody(request.Custody) is not null)
        {
            var isAdoption = request is { Pkcs12: null, PrivateKeyPem: null, CertificatePem: not null }
                && (request.HsmKeyLabel is null) != (request.HsmKeyId is null);
            if (!isAdoption)
            {
                throw Invalid("The import is invalid: with 'custody' of an HSM, expected 'certificatePem' and either 'hsmKeyLabel' or 'hsmKeyId', and no private key.");
            }

            return;
        }

        if (request.HsmKeyLabel is not null || request.HsmKeyId is not null)
        {
            throw Invalid("The field 'custody' is missing: expected the name of the HSM that has the key of 'hsmKeyLabel' or 'hsmKeyId'.");
        }

        var isPem = request is { CertificatePem: not null, PrivateKeyPem: not null };
        var isOther = request is not { CertificatePem: null, ChainPem: null, PrivateKeyPem: null };
        if (request.Pkcs12 is null ? !isPem : isOther)
        {
            throw Invalid("The import is invalid: expected either 'pkcs12' with its password, or 'certificatePem' and 'privateKeyPem' with an optional 'chainPem'.");
        }
    }

    /// <summary>Refuses a certificate of others that has expired; one that is not yet valid waits for its time.</summary>
    /// <exception cref="RefusedException"><c>CertificateExpired</c>.</exception>
    public static void RequireCurrent(ChainedCertificate certificate, DateTimeOffset now)
    {
        if (now >= certificate.NotAfter)
        {
            throw new RefusedException(
                ErrorCode.CertificateExpired, $"The certificate expired at {certificate.NotAfter:u}: give a current one.");
        }
    }

    /// <summary>Whether a text has visible characters only, and no blanks around it.</summary>
    internal static bool IsPlain([NotNullWhen(true)] string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text != text.Trim())
        {
            return false;
        }

        for (var at = 0; at < text.Length;)
        {
            // Lone surrogates are no characters; format characters could make one name look like another.
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
