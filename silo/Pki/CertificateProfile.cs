using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Compares a code-signing certificate with the profile of publicly trusted ones: the CA/Browser Forum's Code Signing Baseline
/// Requirements (CSBR), version 3.10.0. What deviates from a "MUST" that a certificate's owner answers for is an error. A
/// "SHOULD", and what the CA puts into every certificate of its (7.1.2.3 a, b, c and g), is a warning.
/// </summary>
public static class CertificateProfile
{
    private const int ShortestRsa = 3072;
    private const int LongestDays = 460;
    private const int LongestMonthsBefore = 39;

    private const X509KeyUsageFlags Issuing = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    // CSBR 6.3.2: those issued on or after this day have the shorter validity.
    private static readonly DateTimeOffset ShorterSince = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly BigInteger UsualExponent = (BigInteger.One << 16) + 1;

    private static readonly ImmutableArray<string> NamedUsages =
        [Oids.CodeSigning, Oids.LifetimeSigning, Oids.EmailProtection, Oids.DocumentSigning, Oids.AnyExtendedKeyUsage, Oids.ServerAuth];

    private static readonly ImmutableArray<(string Oid, string Name)> NeverCritical =
    [
        (Oids.CertificatePolicies, "certificatePolicies"),
        (Oids.CrlDistributionPoints, "cRLDistributionPoints"),
        (Oids.AuthorityInformationAccess, "authorityInformationAccess"),
        (Oids.AuthorityKeyIdentifier, "authorityKeyIdentifier"),
    ];

    /// <summary>All findings, in the order of the rules; empty for a certificate that conforms.</summary>
    public static ImmutableArray<ProfileFinding> Judge(CertificateDetails certificate) =>
    [
        .. JudgeKey(certificate),
        .. JudgeValidity(certificate.NotBefore, certificate.NotAfter),
        .. JudgeKeyUsage(certificate),
        .. JudgeExtendedKeyUsage(certificate.ExtendedKeyUsages),
        .. JudgeAuthority(certificate),
        .. JudgeReferences(certificate),
    ];

    private static IEnumerable<ProfileFinding> JudgeKey(CertificateDetails certificate)
    {
        var rsa = RsaNumbers.Read(certificate.SubjectPublicKeyInfo.Span);
        if (rsa?.Bits < ShortestRsa)
        {
            yield return Error(
                ProfileRule.RsaKeyTooShort, "6.1.5.2", $"The key is RSA of {rsa.Bits} bits, and at least {ShortestRsa} are required.",
                "Have a certificate issued for a new key: RSA_3072, RSA_4096, EC_P256, EC_P384 or EC_P521.");
        }

        if (rsa is null && certificate.PublicKeyFault == PublicKeyFault.Unsupported)
        {
            yield return Error(
                ProfileRule.UnsupportedKey, "6.1.5.2",
                $"The key is {PublicKeyName.Of(certificate.SubjectPublicKeyInfo.Span)}, and RSA, or EC on P-256, P-384 or P-521, is required.",
                "Have a certificate issued for a new key: RSA_3072, RSA_4096, EC_P256, EC_P384 or EC_P521.");
        }

        if (certificate.PublicKeyFault is { } fault and not (PublicKeyFault.Unsupported or PublicKeyFault.WeakExponent))
        {
            yield return Error(
                ProfileRule.WeakKey, "6.1.6", $"The key is not valid: {fault.Describe(certificate.SubjectPublicKeyInfo)}.",
                "Make a new key pair and have a certificate issued for it.");
        }

        if (rsa is not null && (rsa.Exponent < 3 || rsa.Exponent.IsEven))
        {
            yield return Error(
                ProfileRule.RsaExponentInvalid, "6.1.6", $"The RSA exponent is {Show(rsa.Exponent)}, and an odd number of at least 3 is required.",
                "Make a new key pair, with the exponent 65537, and have a certificate issued for it.");
        }
        else if (rsa is not null && (rsa.Exponent < UsualExponent || rsa.Exponent.GetBitLength() > 256))
        {
            yield return Warning(
                ProfileRule.RsaExponentUnusual, "6.1.6", $"The RSA exponent is {Show(rsa.Exponent)}, and 65537 to 2^256 - 1 is recommended.",
                "Make the next key pair with the exponent 65537.");
        }
    }

    private static IEnumerable<ProfileFinding> JudgeValidity(DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var isShorter = notBefore >= ShorterSince;
        var end = isShorter ? AddDays(notBefore, LongestDays) : notBefore.AddMonths(LongestMonthsBefore);
        if (notAfter > end)
        {
            yield return Error(
                ProfileRule.ValidityTooLong, "6.3.2",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The certificate is valid for {Math.Ceiling((notAfter - notBefore).TotalDays):0} days from {notBefore:u}, and at most {(isShorter ? "460 days are" : "39 months, for certificates of before March 2026, are")} allowed."),
                "Have a certificate of at most 460 days issued.");
        }
    }

    private static IEnumerable<ProfileFinding> JudgeKeyUsage(CertificateDetails certificate)
    {
        const string Remedy = "Have a certificate issued whose keyUsage is critical and has digitalSignature alone.";
        if (certificate.KeyUsage is not { } usage)
        {
            yield return Error(ProfileRule.KeyUsageMissing, "7.1.2.3 e", "The certificate has no keyUsage, which is required.", Remedy);
            yield break;
        }

        if (!certificate.CriticalExtensions.Contains(Oids.KeyUsage))
        {
            yield return Error(
                ProfileRule.KeyUsageNotCritical, "7.1.2.3 e", "The certificate's keyUsage is not critical, and it must be.", Remedy);
        }

        if (!usage.HasFlag(X509KeyUsageFlags.DigitalSignature))
        {
            yield return Error(
                ProfileRule.DigitalSignatureMissing, "7.1.2.3 e", $"The certificate's keyUsage is {Show(usage)}, and digitalSignature is required.", Remedy);
        }

        if ((usage & Issuing) != 0)
        {
            yield return Error(
                ProfileRule.SignsCertificates, "7.1.2.3 e", $"The certificate's keyUsage has {Show(usage & Issuing)}, which only CAs may have.", Remedy);
        }

        if ((usage & ~(X509KeyUsageFlags.DigitalSignature | Issuing)) is var others and not 0)
        {
            yield return Warning(
                ProfileRule.OtherKeyUsage, "7.1.2.3 e", $"The certificate's keyUsage also has {Show(others)}, which is advised against.", Remedy);
        }
    }

    private static IEnumerable<ProfileFinding> JudgeExtendedKeyUsage(ImmutableArray<string> given)
    {
        const string Remedy = "Have a certificate issued whose extKeyUsage is codeSigning.";
        var usages = given.IsDefault ? [] : given;
        if (!usages.Contains(Oids.CodeSigning))
        {
            yield return Error(
                ProfileRule.CodeSigningMissing, "7.1.2.3 f", "The certificate's extKeyUsage has no codeSigning, which is required.", Remedy);
        }

        if (usages.Contains(Oids.AnyExtendedKeyUsage))
        {
            yield return Error(
                ProfileRule.AnyExtendedKeyUsage, "7.1.2.3 f", "The certificate's extKeyUsage has anyExtendedKeyUsage, which is forbidden.", Remedy);
        }

        if (usages.Contains(Oids.ServerAuth))
        {
            yield return Error(
                ProfileRule.ServerAuth, "7.1.2.3 f", "The certificate's extKeyUsage has serverAuth, which is forbidden.", Remedy);
        }

        if (usages.RemoveRange(NamedUsages) is { IsEmpty: false } others)
        {
            yield return Warning(
                ProfileRule.OtherExtendedKeyUsage, "7.1.2.3 f",
                $"The certificate's extKeyUsage also has {string.Join(", ", others)}, which is advised against.", Remedy);
        }
    }

    private static IEnumerable<ProfileFinding> JudgeAuthority(CertificateDetails certificate)
    {
        if (certificate.IsCertificateAuthority)
        {
            yield return Error(
                ProfileRule.CertificateAuthority, "7.1.2.3 d", "The certificate's basicConstraints mark it as a CA, which is forbidden.",
                "Have a certificate issued that is not a CA's.");
        }
    }

    private static IEnumerable<ProfileFinding> JudgeReferences(CertificateDetails certificate)
    {
        const string Remedy = "Ask the CA for its profile: publicly trusted CAs put this into every certificate.";
        if (certificate.PolicyIdentifiers.IsEmpty)
        {
            yield return Warning(
                ProfileRule.PolicyMissing, "7.1.2.3 a", "The certificate names no policy (certificatePolicies).", Remedy);
        }

        if (!certificate.CrlDistributionPoints.Any(IsHttp))
        {
            yield return Warning(
                ProfileRule.CrlUrlMissing, "7.1.2.3 b", "The certificate has no HTTP URL of a CRL (cRLDistributionPoints).", Remedy);
        }

        if (!certificate.IssuerUrls.Any(IsHttp))
        {
            yield return Warning(
                ProfileRule.IssuerUrlMissing, "7.1.2.3 c",
                "The certificate has no HTTP URL of its CA's certificate (authorityInformationAccess, caIssuers).", Remedy);
        }

        if (certificate.AuthorityKeyIdentifier is null)
        {
            yield return Warning(
                ProfileRule.AuthorityKeyIdentifierMissing, "7.1.2.3 g", "The certificate has no authorityKeyIdentifier.", Remedy);
        }

        foreach (var (_, name) in NeverCritical.Where(extension => certificate.CriticalExtensions.Contains(extension.Oid)))
        {
            yield return Warning(
                ProfileRule.ExtensionCritical, "7.1.2.3", $"The certificate's {name} is critical, and it should not be.", Remedy);
        }
    }

    private static bool IsHttp(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == Uri.UriSchemeHttp;

    private static DateTimeOffset AddDays(DateTimeOffset time, int days) =>
        time > DateTimeOffset.MaxValue.AddDays(-days) ? DateTimeOffset.MaxValue : time.AddDays(days);

    private static string Show(BigInteger exponent) =>
        exponent.GetBitLength() <= 64 ? exponent.ToString(CultureInfo.InvariantCulture) : $"a number of {exponent.GetBitLength()} bits";

    // RFC 5280, section 4.2.1.3, has these names in camelCase.
    private static string Show(X509KeyUsageFlags usage) => usage == X509KeyUsageFlags.None
        ? "empty"
        : string.Join(", ", usage.ToString().Split(", ").Select(name => name switch
        {
            nameof(X509KeyUsageFlags.CrlSign) => "cRLSign",
            _ => char.ToLowerInvariant(name[0]) + name[1..],
        }));

    private static ProfileFinding Error(ProfileRule code, string section, string detail, string remedy) =>
        new(code, FindingSeverity.Error, "CSBR " + section, detail, remedy);

    private static ProfileFinding Warning(ProfileRule code, string section, string detail, string remedy) =>
        new(code, FindingSeverity.Warning, "CSBR " + section, detail, remedy);

    /// <summary>What an RSA public key consists of (RFC 8017, appendix A.1.1).</summary>
    private sealed record RsaNumbers(long Bits, BigInteger Exponent)
    {
        /// <summary>The numbers of a key; null if it is of another kind or malformed.</summary>
        public static RsaNumbers? Read(ReadOnlySpan<byte> subjectPublicKeyInfo)
        {
            try
            {
                var (oid, _, content) = SubjectPublicKeyInfo.Read(subjectPublicKeyInfo);
                if (oid is not (SubjectPublicKeyInfo.RsaEncryption or SubjectPublicKeyInfo.RsassaPss))
                {
                    return null;
                }

                var key = new AsnReader(content, AsnEncodingRules.BER).ReadSequence();
                return new RsaNumbers(key.ReadInteger().GetBitLength(), key.ReadInteger());
            }
            catch (Exception fault) when (fault is AsnContentException or CryptographicException)
            {
                return null;
            }
        }
    }
}
