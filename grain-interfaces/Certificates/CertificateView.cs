using System.Collections.Immutable;

namespace CodeSigning.Certificates;

/// <summary>A certificate.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">Its status.</param>
/// <param name="Subject">
/// Its subject (RFC 4514); the subject of the request until the external CA has issued the certificate.
/// </param>
/// <param name="KeyAlgorithm">Its key algorithm, such as <c>EC_P256</c>.</param>
/// <param name="CaId">The internal CA that issued it; null for an imported or externally issued certificate.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The start of its validity (UTC).</param>
/// <param name="NotAfter">The end of its validity (UTC).</param>
/// <param name="RevokedAt">When it was revoked (UTC).</param>
/// <param name="RevocationReason">Why it was revoked.</param>
/// <param name="CertificatePem">The leaf certificate as PEM.</param>
/// <param name="ChainPem">The CA certificates above it as PEM, each followed by its issuer.</param>
/// <param name="CaName">The common name of the internal CA that issued it.</param>
/// <param name="Custody">Where its key is: <c>software</c> or the name of an HSM.</param>
/// <param name="KeyState">The state of its key.</param>
/// <param name="KeyDestruction">A destruction of its key that was asked for and not confirmed yet.</param>
/// <param name="Renewal">How it is renewed before it expires; null if it is not.</param>
/// <param name="RenewedBy">The id of the certificate that renewed it.</param>
/// <param name="ProfileFindings">
/// What deviates from the CA/Browser Forum's rules for publicly trusted certificates; a public signer refuses those that are
/// errors.
/// </param>
/// <param name="Attestations">What the tools of its key's token attested, oldest first.</param>
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
    string? ChainPem,
    string? CaName = null,
    string Custody = "software",
    KeyState KeyState = KeyState.Active,
    KeyDestructionView? KeyDestruction = null,
    RenewalView? Renewal = null,
    string? RenewedBy = null,
    ImmutableArray<ProfileFinding>? ProfileFindings = null,
    ImmutableArray<AttestationView>? Attestations = null);

/// <summary>A certificate not yet issued by the external CA.</summary>
/// <param name="Id">The certificate's id.</param>
/// <param name="CsrPem">The PKCS#10 request.</param>
public sealed record SigningRequestView(string Id, string CsrPem);

/// <summary>An exported certificate.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="FileName">The suggested file name.</param>
/// <param name="Content">The file's bytes.</param>
public sealed record CertificateFile(
    string ContentType, string FileName, ReadOnlyMemory<byte> Content);

/// <summary>The format of an exported certificate. Written as <c>pem</c>, <c>der</c>, <c>p7b</c> and <c>chain</c>.</summary>
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

/// <summary>
/// The status of a certificate. Written as <c>awaiting</c>, <c>active</c>, <c>revoked</c> and <c>expired</c>.
/// </summary>
public enum CertificateStatus
{
    /// <summary>Not yet issued by the external CA.</summary>
    Awaiting = 1,

    /// <summary>It may be used.</summary>
    Active = 2,

    /// <summary>It, or a CA above it, was revoked.</summary>
    Revoked = 3,

    /// <summary>Its validity, or that of a CA certificate above it, has ended. Computed, never stored.</summary>
    Expired = 4,
}

/// <summary>Why a certificate is revoked (RFC 5280, section 5.3.1; the values are its codes). Written in camelCase.</summary>
public enum RevocationReason
{
    /// <summary>No reason is given.</summary>
    Unspecified = 0,

    /// <summary>The private key is compromised.</summary>
    KeyCompromise = 1,

    /// <summary>The issuing CA's private key is compromised.</summary>
    CaCompromise = 2,

    /// <summary>The subject's name or position has changed.</summary>
    AffiliationChanged = 3,

    /// <summary>Another certificate replaced it.</summary>
    Superseded = 4,

    /// <summary>It is no longer needed.</summary>
    CessationOfOperation = 5,
}
