using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Gateway.Settings;

/// <summary>What the server shows clients over TLS, as two PEM files have it.</summary>
internal sealed record TlsIdentity
{
    /// <summary>The setting that names the certificate's file.</summary>
    public const string CertificateSetting = "CODESIGNING_TLS_CERT";

    /// <summary>The setting that names the key's file.</summary>
    public const string KeySetting = "CODESIGNING_TLS_KEY";

    // RFC 7468, section 11, and the older form of RFC 1421, section 4.6.1.1.
    private static readonly string[] SignsOfEncryption = ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"];

    /// <summary>The server's certificate, with the private key.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>The certificates of the file: the server's, and those of the CAs above it.</summary>
    public required X509Certificate2Collection Chain { get; init; }

    /// <summary>The file of the certificates.</summary>
    public required string CertificatePath { get; init; }

    /// <summary>The file of the private key.</summary>
    public required string KeyPath { get; init; }

    /// <summary>Reads it from PEM files; null where there is a mistake.</summary>
    /// <param name="certificatePath">The file of the certificate and of those above it.</param>
    /// <param name="keyPath">The file of the private key, which is not encrypted.</param>
    /// <param name="refuse">Takes the mistakes, a sentence each.</param>
    public static TlsIdentity? Read(string? certificatePath, string? keyPath, Action<string> refuse)
    {
        var isThere = RequireFile(CertificateSetting, certificatePath, refuse) & RequireFile(KeySetting, keyPath, refuse);
        if (!isThere || ReadChain(certificatePath!, refuse) is not { } chain)
        {
            return null;
        }

        try
        {
            var keyPem = File.ReadAllText(keyPath!);
            if (FindOwn(chain, keyPem) is { } own)
            {
                return new TlsIdentity { Certificate = own, Chain = chain, CertificatePath = certificatePath!, KeyPath = keyPath! };
            }

            refuse(SignsOfEncryption.Any(sign => keyPem.Contains(sign, StringComparison.Ordinal))
                ? $"{KeySetting}: {keyPath} is encrypted, and there is no setting for its password. Expected a PEM file as 'openssl pkey' writes it, that the server's account alone may read."
                : $"{KeySetting}: {keyPath} is not the private key, in PEM, of the certificate in {certificatePath}: "
                    + (HoldsKey(keyPem) ? "it is the key of another certificate." : "it holds no RSA or EC key in PEM, or a damaged one."));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            refuse($"{KeySetting}: {keyPath} cannot be read: {fault.Message}");
        }

        return null;
    }

    /// <summary>Whether another has the same certificates. A key that was changed alone fits no certificate.</summary>
    public bool HasSameCertificates(TlsIdentity other) =>
        Hashes(Chain).SequenceEqual(Hashes(other.Chain), StringComparer.Ordinal);

    // The key tells which certificate is the server's, wherever it stands in the file.
    private static X509Certificate2? FindOwn(X509Certificate2Collection chain, string keyPem)
    {
        foreach (var certificate in chain)
        {
            try
            {
                return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyPem);
            }
            catch (Exception fault) when (fault is CryptographicException or ArgumentException)
            {
                // The key of another certificate.
            }
        }

        return null;
    }

    private static bool HoldsKey(string keyPem)
    {
        using var rsa = RSA.Create();
        using var ecdsa = ECDsa.Create();
        foreach (var key in new AsymmetricAlgorithm[] { rsa, ecdsa })
        {
            try
            {
                key.ImportFromPem(keyPem);
                return true;
            }
            catch (Exception fault) when (fault is CryptographicException or ArgumentException)
            {
                // Not of this kind.
            }
        }

        return false;
    }

    private static IEnumerable<string> Hashes(X509Certificate2Collection chain) =>
        chain.Select(certificate => certificate.GetCertHashString(HashAlgorithmName.SHA256));

    private static bool RequireFile(string name, string? path, Action<string> refuse)
    {
        if (File.Exists(path))
        {
            return true;
        }

        refuse($"{name} must name a PEM file; TLS needs {CertificateSetting} and {KeySetting}.");
        return false;
    }

    private static X509Certificate2Collection? ReadChain(string path, Action<string> refuse)
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(path);
            if (chain.Count > 0)
            {
                return chain;
            }
        }
        catch (CryptographicException)
        {
            // What is damaged is as good as nothing.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            refuse($"{CertificateSetting}: {path} cannot be read: {fault.Message}");
            return null;
        }

        refuse($"{CertificateSetting}: {path} is no certificate in PEM: expected blocks CERTIFICATE, as a CA gives them.");
        return null;
    }
}
