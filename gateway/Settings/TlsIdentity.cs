using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Gateway.Settings;

/// <summary>What the server shows clients over TLS.</summary>
/// <param name="Certificate">Its certificate, with the private key.</param>
/// <param name="Chain">The certificates of the file: its own, and those of the CAs above it.</param>
internal sealed record TlsIdentity(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <summary>The setting that names the certificate's file.</summary>
    public const string CertificateSetting = "CODESIGNING_TLS_CERT";

    /// <summary>The setting that names the key's file.</summary>
    public const string KeySetting = "CODESIGNING_TLS_KEY";

    // RFC 7468, section 11, and the older form of RFC 1421, section 4.6.1.1.
    private static readonly string[] SignsOfEncryption = ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"];

    /// <summary>Reads it from PEM files; null where there is a mistake, which the reader then has.</summary>
    /// <param name="certificatePath">The file of the certificate and of those above it.</param>
    /// <param name="keyPath">The file of the private key, which is not encrypted.</param>
    /// <param name="reader">Takes the mistakes.</param>
    public static TlsIdentity? Read(string? certificatePath, string? keyPath, SettingsReader reader)
    {
        var isThere = RequireFile(CertificateSetting, certificatePath, reader) & RequireFile(KeySetting, keyPath, reader);
        if (!isThere || ReadChain(certificatePath!, reader) is not { } chain)
        {
            return null;
        }

        try
        {
            return new TlsIdentity(X509Certificate2.CreateFromPemFile(certificatePath!, keyPath), chain);
        }
        catch (Exception fault) when (IsUnusable(fault))
        {
            reader.Refuse(IsEncrypted(keyPath!)
                ? $"{KeySetting}: {keyPath} is encrypted, and there is no setting for its password. Expected a PEM file as 'openssl pkey' writes it, that the server's account alone may read."
                : $"{KeySetting}: {keyPath} is not the private key, in PEM, of the certificate in {certificatePath}: {fault.Message}");
            return null;
        }
    }

    private static bool RequireFile(string name, string? path, SettingsReader reader)
    {
        if (File.Exists(path))
        {
            return true;
        }

        reader.Refuse($"{name} must name a PEM file; TLS needs {CertificateSetting} and {KeySetting}.");
        return false;
    }

    private static X509Certificate2Collection? ReadChain(string path, SettingsReader reader)
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(path);
            return chain.Count != 0 ? chain : throw new CryptographicException("It holds no certificate.");
        }
        catch (Exception fault) when (IsUnusable(fault))
        {
            reader.Refuse($"{CertificateSetting}: {path} is no certificate in PEM: {fault.Message}");
            return null;
        }
    }

    private static bool IsEncrypted(string path)
    {
        try
        {
            return File.ReadLines(path).Any(line => SignsOfEncryption.Any(sign => line.Contains(sign, StringComparison.Ordinal)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsUnusable(Exception fault) =>
        fault is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException;
}
