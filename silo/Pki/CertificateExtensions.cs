using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>The extensions of what internal CAs issue (RFC 5280, section 4.2.1).</summary>
internal static class CertificateExtensions
{
    /// <summary>A CA's: may sign certificates and CRLs, over at most so many CAs below it.</summary>
    public static void AddAuthorityExtensions(this CertificateRequest request, PublicKey publicKey, int? pathLength)
    {
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(true, pathLength is not null, pathLength ?? 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        extensions.Add(new X509SubjectKeyIdentifierExtension(publicKey, critical: false));
    }

    /// <summary>A code signer's: may sign code and nothing else (CA/Browser Forum 7.1.2.3).</summary>
    public static void AddCodeSigningExtensions(this CertificateRequest request, PublicKey publicKey)
    {
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        AddCodeSigningUsages(request);
        extensions.Add(new X509SubjectKeyIdentifierExtension(publicKey, critical: false));
    }

    /// <summary>What a request to an external CA asks for.</summary>
    public static void AddCodeSigningUsages(this CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(Oids.CodeSigning)], critical: false));
    }
}
