using CodeSigning.Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>Reads certificates that come from outside, and writes those that go out.</summary>
public interface ICertificateReader
{
    /// <summary>Reads a certificate that must be for a key and may sign code, and puts the chain above it in order.</summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>InvalidRequest</c>: it cannot be read, or is for another key; <c>NotACodeSigningCertificate</c>.
    /// </exception>
    (string Subject, ChainedCertificate Certificate) Read(
        string certificatePem, string? chainPem, ReadOnlyMemory<byte> subjectPublicKeyInfo);

    /// <summary>The public key of a certificate, in the encoding that keys of the vault have (SubjectPublicKeyInfo, DER).</summary>
    ReadOnlyMemory<byte> ReadPublicKey(ChainedCertificate certificate);

    /// <summary>Writes a certificate as a file.</summary>
    /// <param name="certificate">The certificate and those above it.</param>
    /// <param name="format">How.</param>
    /// <param name="name">The file's name without its extension.</param>
    CertificateFile Write(ChainedCertificate certificate, CertificateFormat format, string name);
}
