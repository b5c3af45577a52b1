using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>An opened PKCS#12 file with exactly one private key and its certificate.</summary>
internal sealed class Pkcs12File : IDisposable
{
    private const int InvalidPassword = unchecked((int)0x80070056);

    // Real files have 2,000 iterations (OpenSSL, Windows), 10,000 (Java), or some 100,000 (hardened exports).
    private static readonly Pkcs12LoaderLimits Limits = new()
    {
        MaxKeys = 1,
        MaxCertificates = CertificateChain.MostCertificates + 1,
        MacIterationLimit = EncryptedPrivateKey.MostIterations,
        IndividualKdfIterationLimit = EncryptedPrivateKey.MostIterations,
        TotalKdfIterationLimit = 2 * EncryptedPrivateKey.MostIterations,
    };

    private Pkcs12File(CertificateDetails leaf, IReadOnlyList<CertificateDetails> others, AsymmetricAlgorithm privateKey)
    {
        Leaf = leaf;
        Others = others;
        PrivateKey = privateKey;
    }

    public CertificateDetails Leaf { get; }

    public IReadOnlyList<CertificateDetails> Others { get; }

    public AsymmetricAlgorithm PrivateKey { get; }

    /// <exception cref="CertificateRefusedException">It cannot be opened, or contains no private key or several.</exception>
    public static Pkcs12File Open(ReadOnlySpan<byte> pkcs12, string? password)
    {
        var loaded = Load(pkcs12, password);
        try
        {
            var owners = loaded.Where(certificate => certificate.HasPrivateKey).ToList();
            if (owners.Count != 1)
            {
                throw owners.Count == 0
                    ? new CertificateRefusedException(
                        CertificateRefusal.NoPrivateKey, "The PKCS#12 file contains no private key that belongs to one of its certificates.")
                    : SeveralKeys();
            }

            var privateKey = (AsymmetricAlgorithm?)owners[0].GetRSAPrivateKey() ?? owners[0].GetECDsaPrivateKey()
                ?? throw new CertificateRefusedException(CertificateRefusal.UnsuitableKey, "The private key's algorithm is not supported: expected RSA or EC.");
            return new Pkcs12File(
                CertificateInspection.Read(owners[0].RawData),
                [.. loaded.Where(certificate => !certificate.HasPrivateKey).Select(other => CertificateInspection.Read(other.RawData))],
                privateKey);
        }
        finally
        {
            foreach (var certificate in loaded)
            {
                certificate.Dispose();
            }
        }
    }

    public void Dispose() => PrivateKey.Dispose();

    private static X509Certificate2Collection Load(ReadOnlySpan<byte> pkcs12, string? password)
    {
        try
        {
            return X509CertificateLoader.LoadPkcs12Collection(
                pkcs12, password, X509KeyStorageFlags.EphemeralKeySet | X509KeyStorageFlags.Exportable, Limits);
        }
        catch (Pkcs12LoadLimitExceededException fault)
        {
            throw fault.Message.Contains(nameof(Pkcs12LoaderLimits.MaxKeys), StringComparison.Ordinal)
                ? SeveralKeys()
                : new CertificateRefusedException(
                    CertificateRefusal.LimitExceeded,
                    $"The PKCS#12 file exceeds a limit: expected at most {CertificateChain.MostCertificates} certificates, and a password "
                    + $"stretched with at most {EncryptedPrivateKey.MostIterations} iterations.");
        }
        catch (Exception fault) when (fault is CryptographicException or PlatformNotSupportedException)
        {
            throw fault.HResult == InvalidPassword
                ? new CertificateRefusedException(CertificateRefusal.WrongPassword, "The password of the PKCS#12 file is incorrect.")
                : new CertificateRefusedException(CertificateRefusal.Malformed, "The file is invalid: expected PKCS#12.");
        }
    }

    private static CertificateRefusedException SeveralKeys() => new(
        CertificateRefusal.SeveralPrivateKeys, "The PKCS#12 file contains more than one private key: export a single key.");
}
