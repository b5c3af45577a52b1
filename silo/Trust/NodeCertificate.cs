using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Trust;

/// <summary>
/// The certificate by which a node proves that it can open the store and which cluster it belongs to, issued directly
/// by the cluster authority for both ends of a connection. The authority has no certificate, only a public key. A
/// restored copy of a database has the same authority but is another cluster.
/// </summary>
internal static class NodeCertificate
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private static readonly X500DistinguishedName Issuer = new("CN=cluster authority");

    /// <summary>Generates a key and issues a certificate for it. The key exists in this process's memory only.</summary>
    public static X509Certificate2 Issue(KeyHandle authority, string cluster, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        VaultSignatureGenerator generator = new(authority);
        CertificateRequest request = new(SubjectOf(cluster), key, generator.Hash);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Oids.ServerAuth), new Oid(ClientAuth)], critical: true));
        using var certificate = request.Create(Issuer, generator, notBefore, notAfter, SerialNumber.Random());
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Why a certificate is not that of a valid node, as a clause; null if it is.</summary>
    public static string? RefusalOf(
        X509Certificate2 certificate, VerificationKey authority, string cluster, DateTimeOffset now)
    {
        if (!IsSignedBy(authority, certificate))
        {
            return "its certificate was not issued by this cluster's authority";
        }

        if (!IsForNodes(certificate))
        {
            return "its certificate is not a node certificate";
        }

        if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(SubjectOf(cluster).RawData))
        {
            return "it is a node of another cluster";
        }

        DateTimeOffset notBefore = certificate.NotBefore, notAfter = certificate.NotAfter;
        if (now < notBefore)
        {
            return $"its certificate is valid only from {notBefore:u} on: compare the clocks of the two machines";
        }

        return now > notAfter ? $"its certificate expired at {notAfter:u}" : null;
    }

    private static X500DistinguishedName SubjectOf(string cluster) => new($"CN=node of {cluster}");

    private static bool IsSignedBy(VerificationKey authority, X509Certificate2 certificate)
    {
        try
        {
            var structure = CertificateStructure.Read(certificate.RawDataMemory);
            return structure.Issuer.Span.SequenceEqual(Issuer.RawData)
                && authority.Verify(SigningAlgorithm.EcdsaSha256, SHA256.HashData(structure.Signed.Span), structure.Signature.Span);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool IsForNodes(X509Certificate2 certificate)
    {
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(usage => usage.EnhancedKeyUsages.Cast<Oid>());
        var constraints = certificate.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault();
        return constraints is { CertificateAuthority: false }
            && usages.Select(usage => usage.Value).ToHashSet().IsSupersetOf([Oids.ServerAuth, ClientAuth]);
    }
}
