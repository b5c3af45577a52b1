using CodeSigning.Identities;

namespace CodeSigning.Certificates;

/// <summary>A code-signing certificate and the name of its key in the vault; its key is its id.</summary>
/// <remarks>Product administrators only, but for what says otherwise; refusals are <see cref="Errors.RefusedException"/>.</remarks>
[Alias("codesigning.ICertificateGrain")]
public interface ICertificateGrain : IGrainWithStringKey
{
    /// <summary>Makes a key and has an internal CA issue a code-signing certificate for it.</summary>
    [Alias("Issue")]
    Task<CertificateView> IssueAsync(Caller caller, IssueCertificate request, CancellationToken cancellationToken);

    /// <summary>Brings a certificate and its key in.</summary>
    [Alias("Import")]
    Task<CertificateView> ImportAsync(Caller caller, ImportCertificate request, CancellationToken cancellationToken);

    /// <summary>Makes a key and a request for an external CA.</summary>
    [Alias("CreateSigningRequest")]
    Task<SigningRequestView> CreateSigningRequestAsync(
        Caller caller, CreateSigningRequest request, CancellationToken cancellationToken);

    /// <summary>Takes the certificate that the external CA issued; it must be for this key and may sign code.</summary>
    [Alias("Install")]
    Task<CertificateView> InstallAsync(Caller caller, InstallCertificate request, CancellationToken cancellationToken);

    /// <summary>Revokes it; holds for every signature that begins after this returns.</summary>
    [Alias("Revoke")]
    Task<CertificateView> RevokeAsync(Caller caller, RevokeCertificate request, CancellationToken cancellationToken);

    /// <summary>The certificate; product administrators, and whoever may read a signer bound to it (the signer's endpoint asks).</summary>
    [ReadOnly, Alias("Get")]
    Task<CertificateView> GetAsync(Caller caller);

    /// <summary>The certificate taken out; an entry in the ledger tells of it.</summary>
    [Alias("Export")]
    Task<CertificateFile> ExportAsync(Caller caller, CertificateFormat format, CancellationToken cancellationToken);

    /// <summary>The certificate in a format, for a caller whose right to it has been decided by the signer. Not an entry: it is public.</summary>
    [ReadOnly, Alias("GetFile")]
    Task<CertificateFile> GetFileAsync(CertificateFormat format);

    /// <summary>The public key as PEM (SubjectPublicKeyInfo).</summary>
    [ReadOnly, Alias("GetPublicKey")]
    Task<CertificateFile> GetPublicKeyAsync();

    /// <summary>What a decision to sign needs to know, fresh from the store; null where there is no such certificate.</summary>
    [ReadOnly, Alias("GetFacts")]
    Task<CertificateFacts?> GetFactsAsync();
}
