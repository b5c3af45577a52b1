using CodeSigning.Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// Makes keys in the vault and certificates for them. Private keys stay behind this interface. What takes long is done
/// elsewhere than on the caller's turn, and only so much at once: beyond it the answer is
/// <see cref="Errors.RefusedException"/> with <c>Unavailable</c>.
/// </summary>
public interface ICertificateMaker
{
    /// <summary>Makes a root CA.</summary>
    Task<MadeCertificate> MakeRootAsync(CertificateOrder order, CancellationToken cancellationToken);

    /// <summary>Makes an issuing CA under a root.</summary>
    Task<MadeCertificate> MakeAuthorityAsync(CertificateOrder order, Issuer issuer, CancellationToken cancellationToken);

    /// <summary>Makes a code-signing certificate.</summary>
    Task<MadeCertificate> MakeLeafAsync(CertificateOrder order, Issuer issuer, CancellationToken cancellationToken);

    /// <summary>Makes a key and a request for an external CA.</summary>
    /// <exception cref="Errors.RefusedException"><c>InvalidRequest</c>: the subject is not a distinguished name.</exception>
    Task<MadeSigningRequest> MakeSigningRequestAsync(
        string keyId, string subject, KeyAlgorithm algorithm, CancellationToken cancellationToken);

    /// <summary>Takes a certificate and its key in.</summary>
    /// <exception cref="Errors.RefusedException">
    /// It cannot be read, has a key of no supported kind, the key is not the certificate's, or it may not sign code.
    /// </exception>
    Task<MadeCertificate> ImportAsync(string keyId, ImportCertificate request, CancellationToken cancellationToken);
}
