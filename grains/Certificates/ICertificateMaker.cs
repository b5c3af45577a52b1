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

/// <summary>A certificate to be made, and its key with it.</summary>
/// <param name="KeyId">The id that the key gets.</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
/// <param name="CommonName">The subject's common name.</param>
/// <param name="Life">How long it shall be valid from now; cut off where its issuer ends.</param>
public sealed record CertificateOrder(string KeyId, KeyAlgorithm KeyAlgorithm, string CommonName, TimeSpan Life);

/// <summary>From when until when (UTC).</summary>
/// <param name="NotBefore">The first moment.</param>
/// <param name="NotAfter">The end.</param>
public readonly record struct Validity(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>A certificate's own.</summary>
    public static Validity Of(ChainedCertificate certificate) => new(certificate.NotBefore, certificate.NotAfter);

    /// <summary>What both have in common; it ends before it begins where that is nothing.</summary>
    public Validity Intersect(Validity other) => new(
        NotBefore > other.NotBefore ? NotBefore : other.NotBefore, NotAfter < other.NotAfter ? NotAfter : other.NotAfter);
}

/// <summary>A certificate that was just issued or brought in, with its key; nothing of it is stored yet.</summary>
/// <param name="Key">The key.</param>
/// <param name="Subject">The certificate's subject (RFC 4514).</param>
/// <param name="Certificate">The certificate.</param>
public sealed record MadeCertificate(CustodyKey Key, string Subject, ChainedCertificate Certificate);

/// <summary>A request for an external CA, with the key it is for; nothing of it is stored yet.</summary>
/// <param name="Key">The key.</param>
/// <param name="Subject">The subject as the request has it (RFC 4514).</param>
/// <param name="CsrPem">The request (RFC 2986).</param>
public sealed record MadeSigningRequest(CustodyKey Key, string Subject, string CsrPem);

/// <summary>Settings of the internal CAs.</summary>
public sealed record PkiOptions
{
    /// <summary>
    /// The address under which the world reaches this service (<c>CODESIGNING_PUBLIC_URL</c>, else the first address
    /// that it listens on). It is written into every certificate, as the place of its issuer's CRL.
    /// </summary>
    public Uri PublicUrl { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>How long a CRL holds.</summary>
    public TimeSpan RevocationListLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Where a CA's CRL is found (RFC 5280, section 4.2.1.13).</summary>
    public Uri RevocationListUrl(string caId) => new($"{PublicUrl.AbsoluteUri.TrimEnd('/')}/api/v1/pki/ca/{caId}/crl");
}
