
namespace CodeSigning.Certificates;

/// <summary>A code-signing certificate to be issued by an internal CA; its key is made in the vault.</summary>
/// <param name="CaId">The issuing CA.</param>
/// <param name="CommonName">The subject's common name, 1 to 64 characters.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="TtlDays">Its life in days, 1 to 3650; never longer than its issuer's.</param>
public sealed record IssueCertificate(
    string CaId,
    string CommonName,
    string KeyAlgorithm,
    int TtlDays);

/// <summary>A certificate and its key brought in, as PKCS#12 or as PEM.</summary>
/// <param name="Pkcs12">PKCS#12 (RFC 7292), base64 on the wire; at most 256 KiB.</param>
/// <param name="Password">Opens the PKCS#12, or the encrypted private key.</param>
/// <param name="CertificatePem">The leaf.</param>
/// <param name="ChainPem">The certificates above it, in any order.</param>
/// <param name="PrivateKeyPem">PKCS#8 (plain or encrypted), PKCS#1 or SEC 1.</param>
/// <param name="AllowSharedKey">
/// Takes the certificate in although its key is that of other certificates here, for example of the one that it renews.
/// Otherwise that is refused with KeyInUse.
/// </param>
public sealed record ImportCertificate(
    ReadOnlyMemory<byte>? Pkcs12 = null,
    string? Password = null,
    string? CertificatePem = null,
    string? ChainPem = null,
    string? PrivateKeyPem = null,
    bool AllowSharedKey = false)
{
    /// <summary>Says nothing of what it holds: it is full of secrets.</summary>
    public override string ToString() => nameof(ImportCertificate);
}

/// <summary>A key to be made, and a PKCS#10 request for it (RFC 2986) to take to an external CA.</summary>
/// <param name="Subject">The distinguished name, such as <c>CN=Example,O=Example Ltd,C=DE</c> (RFC 4514).</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
public sealed record CreateSigningRequest(string Subject, string KeyAlgorithm);

/// <summary>The certificate that an external CA issued for a key of the vault.</summary>
/// <param name="CertificatePem">The leaf; its key must be the one of the request.</param>
/// <param name="ChainPem">The certificates above it, in any order.</param>
public sealed record InstallCertificate(string CertificatePem, string? ChainPem = null);

/// <summary>Revokes a certificate.</summary>
/// <param name="Reason">Why.</param>
public sealed record RevokeCertificate(RevocationReason Reason);
