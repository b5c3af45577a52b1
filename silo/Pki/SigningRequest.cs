using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Certification requests to external CAs (PKCS#10, RFC 2986) for keys of the vault.</summary>
public static class SigningRequest
{
    /// <summary>Makes a request, as PEM, that asks for a code-signing certificate.</summary>
    /// <param name="key">The key; it stays the caller's to dispose.</param>
    /// <param name="subject">The distinguished name as text (RFC 4514), such as <c>CN=Example,O=Example Ltd,C=DE</c>.</param>
    /// <exception cref="CertificateRefusedException">The subject is not a name that can be issued.</exception>
    public static string Create(KeyHandle key, string subject)
    {
        var generator = new VaultSignatureGenerator(key);
        var request = new CertificateRequest(
            new X500DistinguishedName(DistinguishedName.Parse(subject)),
            PublicKey.CreateFromSubjectPublicKeyInfo(key.PublicKey.Span, out _),
            generator.Hash);
        request.AddCodeSigningUsages();
        return Pem.Write("CERTIFICATE REQUEST", request.CreateSigningRequest(generator));
    }
}
