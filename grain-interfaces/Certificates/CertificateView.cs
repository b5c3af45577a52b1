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

/// <summary>A certificate that an external CA still owes.</summary>
/// <param name="Id">The certificate's id.</param>
/// <param name="CsrPem">The PKCS#10 request.</param>
public sealed record SigningRequestView(string Id, string CsrPem);

/// <summary>A certificate taken out.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="FileName">A name for the file.</param>
/// <param name="Content">The file's bytes.</param>
public sealed record CertificateFile(
    string ContentType, string FileName, ReadOnlyMemory<byte> Content);

/// <summary>How a certificate is taken out. Written as <c>pem</c>, <c>der</c>, <c>p7b</c> and <c>chain</c>.</summary>
public enum CertificateFormat
{
    /// <summary>The leaf as PEM.</summary>
    Pem = 1,

    /// <summary>The leaf as DER.</summary>
    Der = 2,

    /// <summary>Leaf and chain as a certs-only SignedData (RFC 5652), DER.</summary>
    P7b = 3,

    /// <summary>Leaf and chain as PEM, leaf first.</summary>
    Chain = 4,
}

/// <summary>Where a certificate stands. Written as <c>awaiting</c>, <c>active</c>, <c>revoked</c> and <c>expired</c>.</summary>
public enum CertificateStatus
{
    /// <summary>An external CA still owes it.</summary>
    Awaiting = 1,

    /// <summary>It may be used.</summary>
    Active = 2,

    /// <summary>It, or a CA above it, was revoked.</summary>
    Revoked = 3,

    /// <summary>Computed, never stored: its end has come.</summary>
    Expired = 4,
}

/// <summary>Why a certificate is revoked (RFC 5280, section 5.3.1; the values are its codes). Written in camelCase.</summary>
public enum RevocationReason
{
    /// <summary>No reason is given.</summary>
    Unspecified = 0,

    /// <summary>The private key is not the owner's alone any more.</summary>
    KeyCompromise = 1,

    /// <summary>The issuer's key is not its own alone any more.</summary>
    CaCompromise = 2,

    /// <summary>The subject's name or position has changed.</summary>
    AffiliationChanged = 3,

    /// <summary>Another certificate took its place.</summary>
    Superseded = 4,

    /// <summary>It is not needed any more.</summary>
    CessationOfOperation = 5,
}
