namespace CodeSigning.Certificates;

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
