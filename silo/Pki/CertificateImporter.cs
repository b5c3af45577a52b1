using System.Collections.Immutable;
using System.Security.Cryptography;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Brings certificates in with their private keys, which go into the vault. Opening a file costs up to about a second of
/// CPU time (its password is stretched), and judging a long RSA key as much: run it on <see cref="SigningThreads"/>.
/// </summary>
public sealed class CertificateImporter(KeyVault vault, CompromisedKeys compromised)
{
    /// <summary>The longest PKCS#12 file or PEM text that is read, in bytes or characters.</summary>
    public const int LongestInput = 256 * 1024;

    private const int LongestPassword = 1024;

    private readonly CheckedSigner _probe = new(ecdsaCheckEvery: 1);

    /// <summary>Imports from PKCS#12 (RFC 7292), be it encrypted by PBES2 or in the older ways.</summary>
    /// <param name="keyId">The id of the new key.</param>
    /// <param name="pkcs12">The file.</param>
    /// <param name="password">Its password; null if it has none.</param>
    /// <exception cref="CertificateRefusedException">It does not hold one code-signing certificate, its key and its chain.</exception>
    public ImportedCertificate ImportPkcs12(string keyId, ReadOnlyMemory<byte> pkcs12, string? password)
    {
        EnsureBounded(pkcs12.Length, password);
        using var file = Pkcs12File.Open(pkcs12.Span, password);
        return Import(keyId, IssuedCertificate.Of(file.Leaf, file.Others), file.PrivateKey, "pkcs12");
    }

    /// <summary>Imports from PEM.</summary>
    /// <param name="keyId">The id of the new key.</param>
    /// <param name="certificatePem">The leaf; certificates after the first count as part of the chain.</param>
    /// <param name="chainPem">The certificates above it, in any order; null or empty if they are not at hand.</param>
    /// <param name="privateKeyPem">PKCS#8, plain or encrypted, PKCS#1 or SEC 1.</param>
    /// <param name="password">The password of an encrypted key.</param>
    /// <exception cref="CertificateRefusedException">It is not a code-signing certificate, its key and its chain.</exception>
    public ImportedCertificate ImportPem(
        string keyId, string certificatePem, string? chainPem, string privateKeyPem, string? password)
    {
        EnsureBounded(certificatePem.Length + (chainPem?.Length ?? 0) + privateKeyPem.Length, password);
        var issued = IssuedCertificate.Read(certificatePem, chainPem);
        using var privateKey = PrivateKeyPem.Read(privateKeyPem, password, issued.Leaf);
        return Import(keyId, issued, privateKey, "privateKeyPem");
    }

    private ImportedCertificate Import(string keyId, IssuedCertificate issued, AsymmetricAlgorithm privateKey, string field)
    {
        NewKey? imported = null;
        try
        {
            compromised.Ensure(issued);
            KeyMatch.Ensure(issued.Leaf, privateKey.ExportSubjectPublicKeyInfo());
            PrivateKeyRules.Ensure(privateKey, field);
            imported = vault.Import(keyId, KeyPurpose.CodeSigning, privateKey);
            EnsureWorks(imported.Handle, issued.Leaf);
            return new ImportedCertificate(issued.Leaf, issued.Chain, imported);
        }
        catch (CryptographicException)
        {
            imported?.Handle.Dispose();
            throw new CertificateRefusedException(CertificateRefusal.UnsuitableKey, "The private key is malformed.");
        }
        catch
        {
            imported?.Handle.Dispose();
            throw;
        }
    }

    // A key pair whose private half is damaged has the right public key and makes wrong signatures.
    private void EnsureWorks(KeyHandle key, CertificateDetails leaf)
    {
        var algorithm = new VaultSignatureGenerator(key).Scheme;
        try
        {
            _probe.SignDigest(key, leaf.SubjectPublicKeyInfo.Span, algorithm, RandomNumberGenerator.GetBytes(algorithm.DigestLength()));
        }
        catch (SignatureCheckException)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.KeyMismatch, "The private key is damaged: its signatures do not verify with the certificate.");
        }
    }

    private static void EnsureBounded(int length, string? password)
    {
        if (length > LongestInput || password?.Length > LongestPassword)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded,
                $"A certificate's files have up to {LongestInput} bytes and its password up to {LongestPassword} characters.");
        }
    }
}

/// <summary>A certificate and its key brought in; stored nowhere yet.</summary>
/// <param name="Leaf">The certificate.</param>
/// <param name="Chain">The certificates above it, issuer after issuer.</param>
/// <param name="Key">Its key, sealed; the caller disposes the handle.</param>
public sealed record ImportedCertificate(CertificateDetails Leaf, ImmutableArray<CertificateDetails> Chain, NewKey Key);

/// <summary>Why something of the public-key infrastructure is not taken, made or issued.</summary>
public enum CertificateRefusal
{
    /// <summary>The bytes or the text are not what they should be.</summary>
    Malformed = 1,

    /// <summary>The file does not open with this password.</summary>
    WrongPassword,

    /// <summary>Opening the file would take more work, or it holds more, than any honest file needs.</summary>
    LimitExceeded,

    /// <summary>There is no private key in it.</summary>
    NoPrivateKey,

    /// <summary>There is more than one private key in it.</summary>
    SeveralPrivateKeys,

    /// <summary>The private key is not the certificate's.</summary>
    KeyMismatch,

    /// <summary>The key is of no kind that is served here.</summary>
    UnsuitableKey,

    /// <summary>Others can find the private key, or have it.</summary>
    WeakKey,

    /// <summary>The certificate may not sign code.</summary>
    NotACodeSigningCertificate,

    /// <summary>A certificate of the chain did not issue the one below it.</summary>
    BrokenChain,

    /// <summary>A certificate was given that has no place in the chain.</summary>
    UnrelatedCertificate,

    /// <summary>The subject is not a distinguished name that can be issued.</summary>
    InvalidName,

    /// <summary>The issuer may not issue it: it is no CA, its path length is used up, or its end has come.</summary>
    UnsuitableIssuer,
}

/// <summary>A certificate, key or name is refused. The message is for the caller, says what is wrong and holds nothing secret.</summary>
public sealed class CertificateRefusedException(CertificateRefusal refusal, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public CertificateRefusal Refusal { get; } = refusal;
}
