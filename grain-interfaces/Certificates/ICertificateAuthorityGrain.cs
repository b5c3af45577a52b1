using CodeSigning.Identities;

namespace CodeSigning.Certificates;

/// <summary>An internal certification authority; its key is its id.</summary>
/// <remarks>Product administrators only, but for the CRL and the certificate, which are public.</remarks>
[Alias("codesigning.ICertificateAuthorityGrain")]
public interface ICertificateAuthorityGrain : IGrainWithStringKey
{
    /// <summary>Makes a root, or a CA under another.</summary>
    [Alias("Create")]
    Task<CertificateAuthorityView> CreateAsync(
        Caller caller, CreateCertificateAuthority request, CancellationToken cancellationToken);

    /// <summary>The CA.</summary>
    [ReadOnly, Alias("Get")]
    Task<CertificateAuthorityView> GetAsync(Caller caller);

    /// <summary>Its certificate as DER, PEM or with its chain; public.</summary>
    [ReadOnly, Alias("GetCertificate")]
    Task<CertificateFile> GetCertificateAsync(CertificateFormat format);

    /// <summary>Its current CRL as DER (RFC 5280, section 5), made again when it is half through its life or out of date; public.</summary>
    [Alias("GetRevocationList")]
    Task<CertificateFile> GetRevocationListAsync(CancellationToken cancellationToken);

    /// <summary>Revokes an issuing CA: everything under it signs no more.</summary>
    [Alias("Revoke")]
    Task<CertificateAuthorityView> RevokeAsync(Caller caller, RevokeCertificate request, CancellationToken cancellationToken);
}
