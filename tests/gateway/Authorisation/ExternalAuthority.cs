using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>A certification authority that is none of the server's.</summary>
internal static class ExternalAuthority
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>What it answers to a PKCS#10 request, as the contract takes it.</summary>
    public static object Answer(string csrPem)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Answer(csrPem, key);
    }

    /// <summary>What it answers where this is its key.</summary>
    public static object Answer(string csrPem, ECDsa key)
    {
        using var root = Root(key);
        var request = CertificateRequest.LoadSigningRequestPem(csrPem, HashAlgorithmName.SHA256);
        Complete(request);
        using var leaf = request.Create(root, root.NotBefore, root.NotAfter, RandomNumberGenerator.GetBytes(16));
        return new { certificatePem = leaf.ExportCertificatePem(), chainPem = root.ExportCertificatePem() };
    }

    /// <summary>A certificate with the key that it made for it, as the contract imports it.</summary>
    public static object Import()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Import(key);
    }

    /// <summary>A certificate for a key, as the contract imports it.</summary>
    public static object Import(ECDsa key, bool? allowSharedKey = null)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Root(rootKey);
        var request = new CertificateRequest("CN=Imported", key, HashAlgorithmName.SHA256);
        Complete(request);
        using var leaf = request.Create(root, root.NotBefore, root.NotAfter, RandomNumberGenerator.GetBytes(16));
        return new
        {
            certificatePem = leaf.ExportCertificatePem(),
            chainPem = root.ExportCertificatePem(),
            privateKeyPem = key.ExportPkcs8PrivateKeyPem(),
            allowSharedKey = allowSharedKey ?? false,
        };
    }

    private static X509Certificate2 Root(ECDsa key)
    {
        var request = new CertificateRequest("CN=External Root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
    }

    private static void Complete(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(CodeSigning)], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
    }
}
