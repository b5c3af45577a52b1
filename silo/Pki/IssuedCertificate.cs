using System.Collections.Frozen;
using System.Collections.Immutable;

namespace CodeSigning.Silo.Pki;

/// <summary>A code-signing certificate with the known part of its chain.</summary>
/// <param name="Leaf">The certificate.</param>
/// <param name="Chain">The CA certificates above it, each followed by its issuer.</param>
public sealed record IssuedCertificate(CertificateDetails Leaf, ImmutableArray<CertificateDetails> Chain)
{
    /// <summary>Reads a certificate that an external CA issued for a key of the vault, wherever it stands in the texts.</summary>
    /// <param name="certificatePem">The certificate; PEM or base64, and PKCS#7 is read too.</param>
    /// <param name="chainPem">The CA certificates above it, in any order; null or empty if not available.</param>
    /// <param name="subjectPublicKeyInfo">The expected public key, DER.</param>
    /// <param name="now">The time (UTC) at which the CAs must be valid, unless the certificate begins later.</param>
    /// <exception cref="CertificateRefusedException">
    /// It is malformed, has another key, is not a code-signing certificate, or its chain is broken or not valid.
    /// </exception>
    public static IssuedCertificate Read(
        string certificatePem, string? chainPem, ReadOnlyMemory<byte> subjectPublicKeyInfo, DateTimeOffset now) =>
        Of(ReadAll(certificatePem, chainPem), subjectPublicKeyInfo.Span, tied: FrozenSet<string>.Empty, now);

    /// <summary>All certificates of both texts.</summary>
    /// <exception cref="CertificateRefusedException">They are malformed, or there is none.</exception>
    internal static List<CertificateDetails> ReadAll(string certificatePem, string? chainPem)
    {
        var certificates = GivenCertificates.Read(certificatePem, "certificatePem");
        return certificates.Count > 0
            ? [.. certificates, .. GivenCertificates.Read(chainPem, "chainPem")]
            : throw new CertificateRefusedException(
                CertificateRefusal.Malformed, "The field 'certificatePem' is empty: expected a certificate as PEM or base64.");
    }

    /// <summary>Finds the certificate of a key among others, judges it and orders the chain above it.</summary>
    /// <param name="given">The certificates.</param>
    /// <param name="subjectPublicKeyInfo">The key.</param>
    /// <param name="tied">The thumbprints of the certificates that the file ties to the key; empty if it says nothing.</param>
    /// <param name="now">The time (UTC) at which the CAs must be valid, unless the certificate begins later.</param>
    /// <exception cref="CertificateRefusedException">It is not there, cannot sign code, or its chain is broken or not valid.</exception>
    internal static IssuedCertificate Of(
        IReadOnlyList<CertificateDetails> given, ReadOnlySpan<byte> subjectPublicKeyInfo, IReadOnlySet<string> tied, DateTimeOffset now)
    {
        var canonical = KeyMatch.Canonical(subjectPublicKeyInfo);
        var owners = given.DistinctBy(certificate => certificate.Thumbprint).ToList().FindAll(certificate => KeyMatch.IsOf(certificate, canonical));
        var leaf = Choose(owners, given, tied, now);
        CodeSigningRules.Ensure(leaf);
        var others = given.Where(certificate => !owners.Exists(owner => owner.Thumbprint == certificate.Thumbprint));
        var at = leaf.NotBefore > now ? leaf.NotBefore : now;
        var issued = new IssuedCertificate(leaf, CertificateChain.Order(leaf, others, at));
        issued.RequireValidChain(at);
        return issued;
    }

    // A key may have had a certificate before, such as the one that was renewed, or the one that a tool made to begin with.
    private static CertificateDetails Choose(
        List<CertificateDetails> owners, IReadOnlyList<CertificateDetails> given, IReadOnlySet<string> tied, DateTimeOffset now)
    {
        var left = owners;
        Prefer(certificate => CodeSigningRules.Judge(certificate).IsEmpty);
        Prefer(certificate => certificate.IsValidAt(now));
        Prefer(certificate => tied.Contains(certificate.Thumbprint));
        return left switch
        {
            [var only] => only,
            [] when given.Count == 0 => throw new CertificateRefusedException(
                CertificateRefusal.Malformed, "There is no certificate: export the private key together with its certificate."),
            [] when given.Count == 1 => throw new CertificateRefusedException(
                CertificateRefusal.KeyMismatch,
                $"The certificate '{given[0].Subject}' has another key: its public key does not belong to the private key."),
            [] => throw new CertificateRefusedException(
                CertificateRefusal.KeyMismatch,
                $"None of the {given.Count} certificates has the private key's public key; the first is '{given[0].Subject}': give the key's own certificate."),
            _ => throw new CertificateRefusedException(
                CertificateRefusal.UnrelatedCertificate,
                $"Several certificates have the private key: {string.Join(" and ", left.Take(3).Select(Describe))}; give one of them."),
        };

        void Prefer(Predicate<CertificateDetails> isBetter)
        {
            var better = left.FindAll(isBetter);
            left = better.Count > 0 ? better : left;
        }
    }

    private static string Describe(CertificateDetails certificate) =>
        $"'{certificate.Subject}' with the serial number {certificate.SerialNumber}, valid from {certificate.NotBefore:u} to {certificate.NotAfter:u}";

    // A certificate that has ended is refused as such elsewhere; what its chain is worth then says nothing.
    private void RequireValidChain(DateTimeOffset at)
    {
        if (at < Leaf.NotAfter && Chain.FirstOrDefault(authority => !authority.IsValidAt(at)) is { } authority)
        {
            throw new CertificateRefusedException(
                at < authority.NotBefore ? CertificateRefusal.AuthorityNotYetValid : CertificateRefusal.AuthorityExpired,
                $"The CA '{authority.Subject}' of the chain is valid from {authority.NotBefore:u} to {authority.NotAfter:u} only, so signatures "
                + "under it are refused: give its current certificate instead, or leave it out if verifiers have that.");
        }
    }
}
