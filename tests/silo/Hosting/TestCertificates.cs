using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Tests.Keys;
using CodeSigning.Silo.Trust;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>Certificates of those who are no nodes.</summary>
internal static class TestCertificates
{
    private static readonly string[] NodeUsages = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

    /// <summary>An authority of somebody else's.</summary>
    public static KeyHandle OtherAuthority()
    {
        using KeyVault vault = new(new KeySealer(MasterKey.FromBytes(new byte[32])), new StoredKeys());
        return vault.Generate("cluster-authority", KeyPurpose.ClusterAuthority, KeyAlgorithm.EcP256).Handle;
    }

    /// <summary>A certificate that an authority issued in the form of nodes' ones.</summary>
    public static X509Certificate2 Of(KeyHandle authority, string cluster, DateTimeOffset now, TimeSpan? begins = null, TimeSpan? ends = null) =>
        NodeCertificate.Issue(authority, cluster, now + (begins ?? TimeSpan.FromHours(-1)), now + (ends ?? TimeSpan.FromHours(1)));

    /// <summary>A certificate that names the authority as its issuer and is signed by its own key.</summary>
    public static X509Certificate2 SelfMade(string cluster, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X500DistinguishedName authority = new("CN=cluster authority");
        CertificateRequest request = new($"CN=node of {cluster}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. NodeUsages.Select(usage => new Oid(usage))], critical: true));
        using var certificate = request.Create(
            authority, X509SignatureGenerator.CreateForECDsa(key), now.AddHours(-1), now.AddHours(1), [1]);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate that a node issued, as if it were an authority.</summary>
    public static X509Certificate2 OfNode(X509Certificate2 node, DateTimeOffset now)
    {
        using var signer = node.GetECDsaPrivateKey()!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(node.SubjectName, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. NodeUsages.Select(usage => new Oid(usage))], critical: true));
        using var certificate = request.Create(
            node.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), now.AddMinutes(-1), now.AddMinutes(1), [1]);
        return certificate.CopyWithPrivateKey(key);
    }
}
