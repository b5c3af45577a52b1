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
[GenerateSerializer, Immutable, Alias("codesigning.CertificateView")]
public sealed record CertificateView(
    [property: Id(0)] string Id,
    [property: Id(1)] CertificateStatus Status,
    [property: Id(2)] string Subject,
    [property: Id(3)] string KeyAlgorithm,
    [property: Id(4)] string? CaId,
    [property: Id(5)] string? SerialNumber,
    [property: Id(6)] string? Thumbprint,
    [property: Id(7)] DateTimeOffset? NotBefore,
    [property: Id(8)] DateTimeOffset? NotAfter,
    [property: Id(9)] DateTimeOffset? RevokedAt,
    [property: Id(10)] RevocationReason? RevocationReason,
    [property: Id(11)] string? CertificatePem,
    [property: Id(12)] string? ChainPem);
