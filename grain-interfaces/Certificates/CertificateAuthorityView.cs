namespace CodeSigning.Certificates;

/// <summary>An internal CA.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CommonName">Its subject's common name.</param>
/// <param name="KeyAlgorithm">Its key algorithm, such as <c>EC_P256</c>.</param>
/// <param name="ParentId">The CA that issued it; null for a root.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The start of its validity (UTC).</param>
/// <param name="NotAfter">The end of its validity (UTC).</param>
/// <param name="RevokedAt">When it was revoked (UTC), or null.</param>
/// <param name="CertificatePem">Its certificate as PEM.</param>
/// <param name="ParentName">The common name of the CA that issued it; null for a root.</param>
/// <param name="Custody">Where its key is: <c>software</c> or the name of an HSM.</param>
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
    string CertificatePem,
    string? ParentName = null,
    string Custody = "software");

/// <summary>The body that creates an internal CA.</summary>
/// <param name="CommonName">Its subject's common name, 1 to 64 characters.</param>
/// <param name="KeyAlgorithm">Its key algorithm, such as <c>EC_P256</c>.</param>
/// <param name="TtlDays">Its validity in days, 1 to 9125; cut to the end of its parent's validity.</param>
/// <param name="ParentId">The id or common name of the CA that issues it; a self-signed root if not given.</param>
/// <param name="Custody">Where the key is made: <c>software</c> (the default) or the name of an HSM.</param>
public sealed record CreateCertificateAuthority(
    string CommonName,
    string KeyAlgorithm,
    int TtlDays,
    string? ParentId = null,
    string? Custody = null);
