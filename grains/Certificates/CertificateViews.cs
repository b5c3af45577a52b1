using CodeSigning.Certificates;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Certificates;

/// <summary>What others get to see of a stored certificate.</summary>
public static class CertificateViews
{
    /// <summary>The certificate as product administrators see it.</summary>
    public static CertificateView ToView(this CertificateState certificate, IssuerLine line, DateTimeOffset now) => new(
        certificate.Id,
        certificate.StatusAt(now, line.IsRevoked),
        certificate.Subject,
        certificate.KeyAlgorithm.ToWireName(),
        certificate.CaId,
        certificate.Issued?.SerialNumber,
        certificate.Issued?.Thumbprint,
        certificate.Issued?.NotBefore,
        certificate.Issued?.NotAfter,
        certificate.Revocation?.At,
        certificate.Revocation?.Reason,
        certificate.Issued?.Pem,
        certificate.Issued?.ChainPem);

    /// <summary>What a decision to sign needs to know of it.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="version">The version that it was read at.</param>
    /// <param name="line">The internal CAs above it.</param>
    public static CertificateFacts ToFacts(this CertificateState certificate, StateVersion version, IssuerLine line)
    {
        var issued = certificate.Issued;
        var validity = issued is null ? default : line.Narrow(Validity.Of(issued));
        return new CertificateFacts(
            [version, .. line.Basis],
            certificate.Id,
            certificate.KeyId,
            certificate.KeyAlgorithm,
            issued?.SerialNumber ?? "",
            issued?.Thumbprint ?? "",
            validity.NotBefore,
            validity.NotAfter,
            IsIssued: issued is not null,
            IsRevoked: certificate.Revocation is not null || line.IsRevoked,
            [.. certificate.PublicKey.Span]);
    }
}
