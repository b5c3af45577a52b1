namespace CodeSigning.Certificates;

/// <summary>A certificate.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Subject">Its subject (RFC 4514); that of the request while it is owed.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="CaId">The internal CA that issued it, or none.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">When it begins (UTC).</param>
/// <param name="NotAfter">When it ends (UTC).</param>
/// <param name="RevokedAt">When it was revoked (UTC).</param>
/// <param name="RevocationReason">Why it was revoked.</param>
/// <param name="CertificatePem">The leaf.</param>
/// <param name="ChainPem">The certificates above it, issuer after issuer.</param>
public sealed record CertificateView(
    string Id,
    CertificateStatus Status,
    string Subject,
    string KeyAlgorithm,
    string? CaId,
    string? SerialNumber,
    string? Thumbprint,
    DateTimeOffset? NotBefore,
    DateTimeOffset? NotAfter,
    DateTimeOffset? RevokedAt,
    RevocationReason? RevocationReason,
    string? CertificatePem,
    string? ChainPem);
