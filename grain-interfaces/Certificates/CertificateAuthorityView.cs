namespace CodeSigning.Certificates;

/// <summary>An internal CA.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CommonName">Its subject's common name.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="ParentId">The CA that issued it; none for a root.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">When it begins (UTC).</param>
/// <param name="NotAfter">When it ends (UTC).</param>
/// <param name="RevokedAt">When it was revoked (UTC), or null.</param>
/// <param name="CertificatePem">Its certificate.</param>
public sealed record CertificateAuthorityView(
    string Id,
    string CommonName,
    string KeyAlgorithm,
    string? ParentId,
    string SerialNumber,
    string Thumbprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    DateTimeOffset? RevokedAt,
    string CertificatePem);

/// <summary>An internal CA to be made.</summary>
/// <param name="CommonName">Its subject's common name, 1 to 64 characters.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="TtlDays">Its life in days, 1 to 9125; never longer than its parent's.</param>
/// <param name="ParentId">The CA that issues it; a root of its own without.</param>
public sealed record CreateCertificateAuthority(
    string CommonName,
    string KeyAlgorithm,
    int TtlDays,
    string? ParentId = null);
