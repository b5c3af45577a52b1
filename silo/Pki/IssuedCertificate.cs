using System.Collections.Immutable;

namespace CodeSigning.Silo.Pki;

/// <summary>A code-signing certificate and what is known of the certificates above it.</summary>
/// <param name="Leaf">The certificate.</param>
/// <param name="Chain">The certificates above it, issuer after issuer.</param>
public sealed record IssuedCertificate(CertificateDetails Leaf, ImmutableArray<CertificateDetails> Chain)
{
    /// <summary>
    /// Reads a certificate that an external CA issued for a key of the vault. Certificates after the first in
    /// <paramref name="certificatePem"/> count as part of the chain.
    /// </summary>
    /// <param name="certificatePem">The leaf.</param>
    /// <param name="chainPem">The certificates above it, in any order; null or empty if they are not at hand.</param>
    /// <param name="subjectPublicKeyInfo">The public half of the key that the certificate must be for, DER.</param>
    /// <exception cref="CertificateRefusedException">It is malformed, another key's, may not sign code, or the chain is broken.</exception>
    public static IssuedCertificate Read(string certificatePem, string? chainPem, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        var issued = Read(certificatePem, chainPem);
        KeyMatch.Ensure(issued.Leaf, subjectPublicKeyInfo.Span);
        return issued;
    }

    internal static IssuedCertificate Read(string certificatePem, string? chainPem)
    {
        var certificates = Pem.ReadCertificates(certificatePem);
        return certificates.Count == 0
            ? throw new CertificateRefusedException(CertificateRefusal.Malformed, "There is no certificate in the PEM text.")
            : Of(certificates[0], [.. certificates[1..], .. Pem.ReadCertificates(chainPem)]);
    }

    internal static IssuedCertificate Of(CertificateDetails leaf, IEnumerable<CertificateDetails> others)
    {
        CodeSigningRules.Ensure(leaf);
        return new IssuedCertificate(leaf, CertificateChain.Order(leaf, others));
    }
}
