using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Certificates;

/// <inheritdoc/>
public sealed class PkiCertificateReader(CompromisedKeys compromised, TimeProvider time) : ICertificateReader
{
    private const int MostJudged = 10_000;

    private readonly ConcurrentDictionary<string, ImmutableArray<ProfileFinding>> _judged = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public (string Subject, ChainedCertificate Certificate) Read(
        string certificatePem, string? chainPem, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        try
        {
            var issued = IssuedCertificate.Read(certificatePem, chainPem, subjectPublicKeyInfo, time.GetUtcNow());
            compromised.Ensure(issued);
            return (issued.Leaf.Subject, issued.Leaf.ToChained(issued.Chain));
        }
        catch (CertificateRefusedException refused)
        {
            throw refused.ToRefused();
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadPublicKey(ChainedCertificate certificate) =>
        KeyMatch.Canonical(certificate.ReadLeaf().SubjectPublicKeyInfo.Span);

    /// <inheritdoc/>
    /// <remarks>Judging an RSA key takes milliseconds, and lists have a hundred.</remarks>
    public ImmutableArray<ProfileFinding> Judge(ChainedCertificate certificate)
    {
        if (_judged.Count >= MostJudged)
        {
            _judged.Clear();
        }

        return _judged.GetOrAdd(certificate.Thumbprint, static (_, one) => CertificateProfile.Judge(one.ReadLeaf()), certificate);
    }

    /// <inheritdoc/>
    public CertificateFile Write(ChainedCertificate certificate, CertificateFormat format, string name) => format switch
    {
        CertificateFormat.Pem => new("application/x-pem-file", name + ".pem", Encoding.ASCII.GetBytes(certificate.Pem)),
        CertificateFormat.Der => new("application/pkix-cert", name + ".cer", certificate.ReadLeaf().Der),
        CertificateFormat.P7b => new("application/x-pkcs7-certificates", name + ".p7b", ToPkcs7(certificate)),
        CertificateFormat.Chain => new(
            "application/pem-certificate-chain", name + ".chain.pem", Encoding.ASCII.GetBytes(certificate.WithChainPem)),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static byte[] ToPkcs7(ChainedCertificate certificate) =>
        CertificateExport.ToPkcs7(certificate.ReadLeaf(), Pem.ReadCertificates(certificate.ChainPem));
}
