using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>Orders the certificates above a leaf and verifies that each issued the one below it.</summary>
public static class CertificateChain
{
    /// <summary>
    /// The maximum number of certificates above a leaf; equal to CS_MAX_AUTHORITIES of the native modules.
    /// </summary>
    public const int MostCertificates = 16;

    /// <summary>
    /// Orders <paramref name="others"/> from the leaf's issuer up. The chain may end before a root; duplicates, and
    /// other certificates of a CA in the chain with what is above them, are left out.
    /// </summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="others">The CA certificates.</param>
    /// <param name="at">The time (UTC) at which a certificate of a CA is preferred to others of it; null for none.</param>
    /// <exception cref="CertificateRefusedException">
    /// A link does not verify, or a certificate does not belong to the chain.
    /// </exception>
    public static ImmutableArray<CertificateDetails> Order(CertificateDetails leaf, IEnumerable<CertificateDetails> others, DateTimeOffset? at = null)
    {
        var rest = others.DistinctBy(other => other.Thumbprint).Where(other => other.Thumbprint != leaf.Thumbprint).ToList();
        if (rest.Count > MostCertificates)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded, $"The chain has more than {MostCertificates} CA certificates.");
        }

        var chain = ImmutableArray.CreateBuilder<CertificateDetails>();
        var current = leaf;
        while (!current.IsSelfIssued && IssuerOf(current, rest, chain.Count, at) is { } issuer)
        {
            chain.Add(issuer);
            rest.Remove(issuer);
            current = issuer;
        }

        if (current.IsSelfIssued && CertificateSignature.Verify(current, current) is { IsValid: false, Unsupported: null })
        {
            throw Broken($"the signature of '{current.Subject}' on itself is not valid");
        }

        RemoveOtherPaths(rest, chain);
        if (rest.Count > 0)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.UnrelatedCertificate,
                $"The certificate of '{rest[0].Subject}' issued none of the others: leave it out, or add the missing certificates.");
        }

        return chain.ToImmutable();
    }

    /// <summary>
    /// Finds the issuer, preferring a valid certificate, then a cross-certificate to a root, so that no given certificate is
    /// left over.
    /// </summary>
    private static CertificateDetails? IssuerOf(
        CertificateDetails certificate, List<CertificateDetails> candidates, int authoritiesBelow, DateTimeOffset? at)
    {
        var named = candidates
            .Where(candidate => candidate.SubjectName.Span.SequenceEqual(certificate.IssuerName.Span))
            .OrderBy(candidate => at is { } time && !candidate.IsValidAt(time))
            .ThenBy(candidate => candidate.IsSelfIssued)
            .ToList();
        if (named.Count == 0)
        {
            return null;
        }

        var verdicts = named.ConvertAll(candidate => CertificateSignature.Verify(candidate, certificate));
        var found = verdicts.FindIndex(verdict => verdict.IsValid);
        if (found < 0)
        {
            throw Broken(
                $"the signature on '{certificate.Subject}' "
                + (verdicts.Select(verdict => verdict.Unsupported).FirstOrDefault(why => why is not null)
                    ?? $"was not made by the given certificate of '{certificate.Issuer}'"));
        }

        EnsureMayIssue(named[found], authoritiesBelow);
        return named[found];
    }

    private static void EnsureMayIssue(CertificateDetails issuer, int authoritiesBelow)
    {
        if (!issuer.IsCertificateAuthority || issuer.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.KeyCertSign))
        {
            throw Broken($"'{issuer.Subject}' is not a CA");
        }

        if (issuer.PublicKeyFault is { } fault && fault.IsCompromising())
        {
            throw Broken($"'{issuer.Subject}' can be forged by anyone, since {fault.Describe(issuer.SubjectPublicKeyInfo)}");
        }

        if (issuer.PathLength < authoritiesBelow)
        {
            throw Broken($"'{issuer.Subject}' may have {issuer.PathLength} subordinate CAs but has {authoritiesBelow}");
        }
    }

    // Other certificates of the CAs in the chain, and those that issued them.
    private static void RemoveOtherPaths(List<CertificateDetails> rest, IEnumerable<CertificateDetails> chain)
    {
        var others = rest.FindAll(other => chain.Any(link => IsSameAuthority(link, other)));
        while (others.Count > 0)
        {
            rest.RemoveAll(others.Contains);
            others = rest.FindAll(issuer => others.Exists(other =>
                issuer.SubjectName.Span.SequenceEqual(other.IssuerName.Span) && CertificateSignature.Verify(issuer, other).IsValid));
        }
    }

    private static bool IsSameAuthority(CertificateDetails one, CertificateDetails other) =>
        one.SubjectName.Span.SequenceEqual(other.SubjectName.Span)
        && one.SubjectPublicKeyInfo.Span.SequenceEqual(other.SubjectPublicKeyInfo.Span);

    private static CertificateRefusedException Broken(string what) => new(CertificateRefusal.BrokenChain, $"The chain is broken: {what}.");
}
