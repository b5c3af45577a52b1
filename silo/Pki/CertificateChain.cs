using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>Orders the certificates above a leaf and proves that each issued the one below it.</summary>
public static class CertificateChain
{
    /// <summary>The most certificates above a leaf. The native modules take as many: CS_MAX_AUTHORITIES.</summary>
    public const int MostCertificates = 16;

    /// <summary>
    /// Orders <paramref name="others"/>, given in any order, from the leaf's issuer up. The chain may end before a root;
    /// repetitions, and other certificates of a CA of the chain, are left out.
    /// </summary>
    /// <exception cref="CertificateRefusedException">A link does not verify, or a certificate has no place in the chain.</exception>
    public static ImmutableArray<CertificateDetails> Order(CertificateDetails leaf, IEnumerable<CertificateDetails> others)
    {
        var rest = others.DistinctBy(other => other.Thumbprint).Where(other => other.Thumbprint != leaf.Thumbprint).ToList();
        if (rest.Count > MostCertificates)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded, $"The chain has more than {MostCertificates} CA certificates.");
        }

        var chain = ImmutableArray.CreateBuilder<CertificateDetails>();
        var current = leaf;
        while (!current.IsSelfIssued && IssuerOf(current, rest, chain.Count) is { } issuer)
        {
            chain.Add(issuer);
            rest.Remove(issuer);
            current = issuer;
        }

        if (current.IsSelfIssued && CertificateSignature.IsBy(current, current) is false)
        {
            throw Broken($"the signature of '{current.Subject}' on itself is not valid");
        }

        rest.RemoveAll(other => chain.Any(link => IsSameAuthority(link, other)));
        if (rest.Count > 0)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.UnrelatedCertificate,
                $"The certificate of '{rest[0].Subject}' issued none of the others; leave it out, or add what is missing between.");
        }

        return chain.ToImmutable();
    }

    /// <summary>The issuer, a cross-certificate before a root, so that nothing that was given is left over.</summary>
    private static CertificateDetails? IssuerOf(CertificateDetails certificate, List<CertificateDetails> candidates, int authoritiesBelow)
    {
        var named = candidates
            .Where(candidate => candidate.SubjectName.Span.SequenceEqual(certificate.IssuerName.Span))
            .OrderBy(candidate => candidate.IsSelfIssued)
            .ToList();
        if (named.Count == 0)
        {
            return null;
        }

        var verdicts = named.ConvertAll(candidate => CertificateSignature.IsBy(candidate, certificate));
        var found = verdicts.IndexOf(true);
        if (found < 0)
        {
            throw Broken(verdicts.Contains(null)
                ? $"the signature on '{certificate.Subject}' is of an algorithm that is not accepted, such as SHA-1"
                : $"the signature on '{certificate.Subject}' is not by '{certificate.Issuer}' as given");
        }

        EnsureMayIssue(named[found], authoritiesBelow);
        return named[found];
    }

    private static void EnsureMayIssue(CertificateDetails issuer, int authoritiesBelow)
    {
        if (!issuer.IsCertificateAuthority || issuer.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.KeyCertSign))
        {
            throw Broken($"'{issuer.Subject}' is no CA");
        }

        if (issuer.PublicKeyFault is { } fault && fault.IsCompromising())
        {
            throw Broken($"'{issuer.Subject}' can be forged by anybody, since {fault.Describe()}");
        }

        if (issuer.PathLength < authoritiesBelow)
        {
            throw Broken($"'{issuer.Subject}' may have {issuer.PathLength} CAs below it and has {authoritiesBelow}");
        }
    }

    private static bool IsSameAuthority(CertificateDetails one, CertificateDetails other) =>
        one.SubjectName.Span.SequenceEqual(other.SubjectName.Span)
        && one.SubjectPublicKeyInfo.Span.SequenceEqual(other.SubjectPublicKeyInfo.Span);

    private static CertificateRefusedException Broken(string what) => new(CertificateRefusal.BrokenChain, $"The chain is broken: {what}.");
}
