using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Cluster.Tests.Memory;

/// <summary>A key of others with its certificate, as it is imported.</summary>
internal sealed class ImportedKey : IDisposable
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    private readonly AsymmetricAlgorithm _key;
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _leaf;

    public ImportedKey(string name, AsymmetricAlgorithm key)
    {
        (Name, _key) = (name, key);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest root = new("CN=External Root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(root.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        using var withKey = root.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
        _root = X509CertificateLoader.LoadCertificate(withKey.RawData);
        CertificateRequest leaf = key is RSA rsa
            ? new("CN=Imported", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new("CN=Imported", (ECDsa)key, HashAlgorithmName.SHA256);
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(CodeSigning)], false));
        _leaf = leaf.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), _root.NotBefore, _root.NotAfter, RandomNumberGenerator.GetBytes(16));
    }

    public string Name { get; }

    public string Password { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(12));

    public string Algorithm => _key is RSA ? "RSASSA_PKCS1_V1_5_SHA256" : "ECDSA_SHA256";

    public IEnumerable<Secret> Secrets => [.. Secret.OfKey(Name, _key), .. Secret.OfText($"{Name}: password", Password)];

    /// <summary>The body of an import as PKCS#12.</summary>
    public object ToPkcs12()
    {
        using var leaf = _key is RSA rsa ? _leaf.CopyWithPrivateKey(rsa) : _leaf.CopyWithPrivateKey((ECDsa)_key);
        X509Certificate2Collection all = [leaf, _root];
        return new { pkcs12 = Convert.ToBase64String(all.Export(X509ContentType.Pfx, Password)!), password = Password };
    }

    /// <summary>The body of an import as PEM, the key unencrypted.</summary>
    /// <param name="certificateOf">Whose certificate it is said to belong to; null for its own.</param>
    public object ToPem(ImportedKey? certificateOf = null) => new
    {
        certificatePem = (certificateOf ?? this)._leaf.ExportCertificatePem(),
        chainPem = (certificateOf ?? this)._root.ExportCertificatePem(),
        privateKeyPem = _key.ExportPkcs8PrivateKeyPem(),
    };

    /// <summary>The body of an import as PEM, the key encrypted.</summary>
    /// <param name="said">The password that is given; null for the right one.</param>
    public object ToEncryptedPem(string? said = null) => new
    {
        certificatePem = _leaf.ExportCertificatePem(),
        chainPem = _root.ExportCertificatePem(),
        privateKeyPem = _key.ExportEncryptedPkcs8PrivateKeyPem(
            Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000)),
        password = said ?? Password,
    };

    public void Dispose()
    {
        _key.Dispose();
        _root.Dispose();
        _leaf.Dispose();
    }
}
