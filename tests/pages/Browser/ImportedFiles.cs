using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests.Browser;

/// <summary>Files of a code-signing key that was made elsewhere.</summary>
internal sealed class ImportedFiles : IDisposable
{
    public const string Password = "of the file";

    private readonly RSA _key = RSA.Create(3072);

    public FilePayload Certificate => Of("certificate.pem", Issue(1).ExportCertificatePem());

    public FilePayload PrivateKey => Of("key.pem", _key.ExportPkcs8PrivateKeyPem());

    public static ImportedFiles Make() => new();

    public static FilePayload Of(string name, string text) =>
        new() { Name = name, MimeType = "application/octet-stream", Buffer = Encoding.ASCII.GetBytes(text) };

    /// <summary>A PKCS#12 file with a certificate of this number for the key.</summary>
    public FilePayload Pkcs12(int number) =>
        new() { Name = "key.p12", MimeType = "application/x-pkcs12", Buffer = Issue(number).Export(X509ContentType.Pkcs12, Password) };

    public void Dispose() => _key.Dispose();

    /// <summary>What a CA outside answers to a PKCS#10 request: the certificate, and its own.</summary>
    public static FilePayload AnswerTo(string csrPem)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Root(key);
        using var leaf = Issue(CertificateRequest.LoadSigningRequestPem(csrPem, HashAlgorithmName.SHA256), root, 1);
        return Of("answer.pem", $"{leaf.ExportCertificatePem()}\n{root.ExportCertificatePem()}\n");
    }

    private X509Certificate2 Issue(int number)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Root(key);
        using var leaf = Issue(
            new CertificateRequest($"CN=Made elsewhere {number}", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), root, number);
        return leaf.CopyWithPrivateKey(_key);
    }

    private static X509Certificate2 Issue(CertificateRequest request, X509Certificate2 root, int number)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false));
        var generator = X509SignatureGenerator.CreateForECDsa(root.GetECDsaPrivateKey()!);
        return request.Create(root.SubjectName, generator, root.NotBefore, root.NotAfter, [1, (byte)number]);
    }

    private static X509Certificate2 Root(ECDsa key)
    {
        var request = new CertificateRequest("CN=Root of others", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(100));
    }
}
