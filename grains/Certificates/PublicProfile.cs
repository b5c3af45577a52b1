using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// What certificates of public signers must be: without errors by the CA/Browser Forum's rules, and of a key in an HSM. Pure
/// functions; the certificate itself is judged by the <see cref="ICertificateReader"/>.
/// </summary>
public static class PublicProfile
{
    private static readonly ProfileFinding NotInHardware = new(
        ProfileRule.KeyNotInHardware,
        FindingSeverity.Error,
        "CSBR 6.2.7.4.1",
        "The key is in software, and hardware of at least FIPS 140-2 level 2 or Common Criteria EAL 4+ is required.",
        "Make the key in an HSM ('custody') and have a certificate issued for it.");

    /// <summary>All findings about a certificate and the custody of its key; before it is issued, about the custody alone.</summary>
    public static ImmutableArray<ProfileFinding> Judge(this ICertificateReader reader, CertificateState certificate)
    {
        var findings = certificate.Issued is { } issued ? reader.Judge(issued) : ImmutableArray<ProfileFinding>.Empty;
        return certificate.Custody is null ? findings.Insert(0, NotInHardware) : findings;
    }

    /// <summary>Those findings for which a public signer refuses a certificate.</summary>
    public static ImmutableArray<ProfileFinding> Errors(ImmutableArray<ProfileFinding> findings) =>
        findings.RemoveAll(finding => finding.Severity != FindingSeverity.Error);

    /// <summary>Refuses a certificate that has errors, naming all.</summary>
    /// <param name="errors">The errors.</param>
    /// <param name="what">What is refused; the beginning of a sentence that goes on with the errors.</param>
    /// <exception cref="RefusedException"><c>ProfileViolated</c>.</exception>
    public static void Require(ImmutableArray<ProfileFinding> errors, string what)
    {
        if (!errors.IsEmpty)
        {
            throw new RefusedException(ErrorCode.ProfileViolated, Describe(errors, what))
            {
                Members = ImmutableDictionary<string, string>.Empty.Add(
                    "profileFindings", JsonSerializer.Serialize(errors, ContractJson.Options)),
            };
        }
    }

    /// <summary>A sentence of what is the case and of every error.</summary>
    public static string Describe(ImmutableArray<ProfileFinding> errors, string what) =>
        $"{what}: {string.Join("; ", errors.Select(error => $"{char.ToLowerInvariant(error.Detail[0])}{error.Detail[1..^1]} ({error.Rule})"))}.";
}
