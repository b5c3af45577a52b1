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
[GenerateSerializer, Immutable, Alias("codesigning.CertificateAuthorityView")]
public sealed record CertificateAuthorityView(
    [property: Id(0)] string Id,
    [property: Id(1)] string CommonName,
    [property: Id(2)] string KeyAlgorithm,
    [property: Id(3)] string? ParentId,
    [property: Id(4)] string SerialNumber,
    [property: Id(5)] string Thumbprint,
    [property: Id(6)] DateTimeOffset NotBefore,
    [property: Id(7)] DateTimeOffset NotAfter,
    [property: Id(8)] DateTimeOffset? RevokedAt,
    [property: Id(9)] string CertificatePem);
