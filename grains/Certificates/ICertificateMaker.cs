using CodeSigning.Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// Generates keys in the vault and certificates for them. Private keys never leave the implementation. Expensive work
/// runs outside the caller's turn with bounded concurrency: beyond that, calls are refused with <see
/// cref="Errors.RefusedException"/> <c>Unavailable</c>.
/// </summary>
public interface ICertificateMaker
{
    /// <summary>Creates a root CA.</summary>
    Task<MadeCertificate> MakeRootAsync(CertificateOrder order, CancellationToken cancellationToken);

    /// <summary>Creates an issuing CA under a root.</summary>
    Task<MadeCertificate> MakeAuthorityAsync(CertificateOrder order, Issuer issuer, CancellationToken cancellationToken);

    /// <summary>Creates a code-signing certificate.</summary>
    Task<MadeCertificate> MakeLeafAsync(CertificateOrder order, Issuer issuer, CancellationToken cancellationToken);

    /// <summary>Creates a code-signing certificate of the same subject and length as a previous one.</summary>
    Task<MadeCertificate> RenewLeafAsync(RenewalOrder order, Issuer issuer, CancellationToken cancellationToken);

    /// <summary>Generates a key and a certificate signing request for an external CA.</summary>
    /// <param name="keyId">The id of the new key.</param>
    /// <param name="subject">The distinguished name.</param>
    /// <param name="algorithm">The key algorithm.</param>
    /// <param name="custody">The HSM that makes the key; null for software.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Errors.RefusedException">
    /// <c>InvalidRequest</c>: the subject is not a valid distinguished name, or there is no such HSM.
    /// </exception>
    Task<MadeSigningRequest> MakeSigningRequestAsync(
        string keyId, string subject, KeyAlgorithm algorithm, string? custody, CancellationToken cancellationToken);

    /// <summary>Destroys a new key of an HSM that nothing came to refer to; one that is away is logged.</summary>
    Task DiscardAsync(CustodyKey key);

    /// <summary>Imports a certificate and its key, or adopts a key that is in an HSM.</summary>
    /// <exception cref="Errors.RefusedException">
    /// The input is malformed, the key algorithm is not supported, the key does not belong to the certificate, or the
    /// certificate is not a code-signing certificate.
    /// </exception>
    Task<MadeCertificate> ImportAsync(string keyId, ImportCertificate request, CancellationToken cancellationToken);
}

/// <summary>The parameters of a certificate to create with its key.</summary>
/// <param name="KeyId">The id of the new key.</param>
/// <param name="KeyAlgorithm">The key algorithm.</param>
/// <param name="CommonName">The subject's common name.</param>
/// <param name="Life">Its validity from now; cut to its issuer's validity.</param>
/// <param name="Custody">The HSM that makes the key; null for software.</param>
public sealed record CertificateOrder(
    string KeyId, KeyAlgorithm KeyAlgorithm, string CommonName, TimeSpan Life, string? Custody = null);

/// <summary>The parameters of a certificate that renews another.</summary>
/// <param name="KeyId">The id of the key.</param>
/// <param name="IsSameKey">Whether it is the previous certificate's; otherwise a new one is made.</param>
/// <param name="KeyAlgorithm">The key algorithm.</param>
/// <param name="PublicKey">The previous certificate's public key as DER (SubjectPublicKeyInfo).</param>
/// <param name="Previous">The previous certificate.</param>
/// <param name="Custody">The HSM that has or makes the key; null for software.</param>
public sealed record RenewalOrder(
    string KeyId,
    bool IsSameKey,
    KeyAlgorithm KeyAlgorithm,
    ReadOnlyMemory<byte> PublicKey,
    ChainedCertificate Previous,
    string? Custody);

/// <summary>A new or imported certificate with its key, not yet stored.</summary>
/// <param name="Key">The key.</param>
/// <param name="Subject">The certificate's subject (RFC 4514).</param>
/// <param name="Certificate">The certificate.</param>
public sealed record MadeCertificate(CustodyKey Key, string Subject, ChainedCertificate Certificate);

/// <summary>A certificate signing request with its key, not yet stored.</summary>
/// <param name="Key">The key.</param>
/// <param name="Subject">The subject of the request (RFC 4514).</param>
/// <param name="CsrPem">The request (RFC 2986).</param>
public sealed record MadeSigningRequest(CustodyKey Key, string Subject, string CsrPem);

/// <summary>Settings of the internal CAs.</summary>
public sealed record PkiOptions
{
    /// <summary>
    /// The public URL of this service (<c>CODESIGNING_PUBLIC_URL</c>, else the first address that it listens on). Every
    /// certificate contains it in the URL of its issuer's CRL.
    /// </summary>
    public Uri PublicUrl { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>The lifetime of a CRL.</summary>
    public TimeSpan RevocationListLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The URL of a CA's CRL (RFC 5280, section 4.2.1.13).</summary>
    public Uri RevocationListUrl(string caId) => new($"{PublicUrl.AbsoluteUri.TrimEnd('/')}/api/v1/pki/ca/{caId}/crl");
}
