using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Pages.Certificates;

/// <summary>Certificates in words. Pure functions.</summary>
internal static class CertificateText
{
    /// <summary>How long before its end a certificate is said to expire soon.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    /// <summary>The reasons for a revocation, with their titles.</summary>
    public static IReadOnlyList<(RevocationReason Reason, string Title)> Reasons { get; } =
    [
        (RevocationReason.Unspecified, "Not given"),
        (RevocationReason.KeyCompromise, "Its private key is compromised"),
        (RevocationReason.CaCompromise, "The issuing CA's key is compromised"),
        (RevocationReason.AffiliationChanged, "The subject's name or position has changed"),
        (RevocationReason.Superseded, "Another certificate replaced it"),
        (RevocationReason.CessationOfOperation, "It is no longer needed"),
    ];

    /// <summary>The common name of a subject (RFC 4514), or the whole subject where it has none.</summary>
    public static string NameOf(string subject)
    {
        foreach (var part in Split(subject))
        {
            if (part.StartsWith("CN=", StringComparison.OrdinalIgnoreCase))
            {
                return part[3..].Replace("\\", "", StringComparison.Ordinal);
            }
        }

        return subject;
    }

    /// <summary>The certificates above one, each issued by the next.</summary>
    public static IReadOnlyList<CertificateAbove> ReadChain(string? pem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        var above = chain.Select(CertificateAbove.Of).ToArray();
        foreach (var certificate in chain)
        {
            certificate.Dispose();
        }

        return above;
    }

    /// <summary>The reason that a form chose.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static RevocationReason ParseReason(string? text) => Reasons.Any(known => $"{known.Reason}" == text)
        ? Reasons.First(known => $"{known.Reason}" == text).Reason
        : throw new RefusedException(ErrorCode.InvalidRequest, "The field 'reason' is invalid: expected one of the reasons offered.");

    // A backslash makes the comma after it a part of the value (RFC 4514, section 2.4).
    private static IEnumerable<string> Split(string subject)
    {
        var start = 0;
        for (var i = 0; i < subject.Length; i++)
        {
            if (subject[i] == '\\')
            {
                i++;
            }
            else if (subject[i] == ',')
            {
                yield return subject[start..i];
                start = i + 1;
            }
        }

        yield return subject[start..];
    }
}

/// <summary>A CA certificate above another.</summary>
/// <param name="Name">Its subject's name.</param>
/// <param name="Issuer">Its issuer's name; null if it issued itself.</param>
/// <param name="NotAfter">The end of its validity.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
internal sealed record CertificateAbove(string Name, string? Issuer, DateTimeOffset NotAfter, string Thumbprint)
{
    /// <summary>Reads what is shown of a certificate.</summary>
    public static CertificateAbove Of(X509Certificate2 certificate) => new(
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
        certificate.Subject == certificate.Issuer ? null : certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true),
        certificate.NotAfter,
        certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());
}
