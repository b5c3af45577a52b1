using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using CodeSigning.Contract;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Imports certificates with their private keys into the vault. Opening a file costs up to a few seconds of CPU time
/// (password stretching), and judging a long RSA key about one: run it on <see cref="SigningThreads"/>.
/// </summary>
public sealed class CertificateImporter(KeyVault vault, CompromisedKeys compromised, TimeProvider time)
{
    /// <summary>The maximum size of a PKCS#12 file in bytes, or of PEM text in characters.</summary>
    public const int LongestInput = 256 * 1024;

    private const int LongestPassword = 1024;

    private readonly CheckedSigner _probe = new(ecdsaCheckEvery: 1);

    /// <summary>
    /// Imports from PKCS#12 (RFC 7292), encrypted with PBES2 or an older scheme, with the MAC of RFC 7292 or PBMAC1 (RFC 9579).
    /// </summary>
    /// <param name="keyId">The id of the new key.</param>
    /// <param name="pkcs12">The file.</param>
    /// <param name="password">Its password; null if it has none.</param>
    /// <exception cref="CertificateRefusedException">
    /// It does not contain exactly one code-signing certificate with its key and chain.
    /// </exception>
    public ImportedCertificate ImportPkcs12(string keyId, ReadOnlyMemory<byte> pkcs12, SecretText? password)
    {
        EnsureBounded(pkcs12.Length, password);
        using var file = Pkcs12File.Open(pkcs12, password);
        return Import(keyId, file.Certificates, file.Tied, file.PrivateKey, Pkcs12File.Field);
    }

    /// <summary>Imports from PEM or base64; the key tells which certificate is its own, wherever it stands.</summary>
    /// <param name="keyId">The id of the new key.</param>
    /// <param name="certificatePem">The certificate, with others of its chain or without; PKCS#7 is read too.</param>
    /// <param name="chainPem">The CA certificates above it, in any order; null or empty if not available.</param>
    /// <param name="privateKeyPem">PKCS#8, plain or encrypted, PKCS#1 or SEC 1.</param>
    /// <param name="password">The password of an encrypted key.</param>
    /// <exception cref="CertificateRefusedException">It is not a code-signing certificate, its key and its chain.</exception>
    public ImportedCertificate ImportPem(
        string keyId, string certificatePem, string? chainPem, SecretText privateKeyPem, SecretText? password)
    {
        EnsureBounded(certificatePem.Length + (chainPem?.Length ?? 0) + privateKeyPem.Length, password);
        var certificates = IssuedCertificate.ReadAll(certificatePem, chainPem);
        using var privateKey = PrivateKeyPem.Read(privateKeyPem, password);
        return Import(keyId, certificates, FrozenSet<string>.Empty, privateKey, PrivateKeyPem.Field);
    }

    private ImportedCertificate Import(
        string keyId,
        IReadOnlyList<CertificateDetails> certificates,
        IReadOnlySet<string> tied,
        AsymmetricAlgorithm privateKey,
        string field)
    {
        NewKey? imported = null;
        try
        {
            var issued = IssuedCertificate.Of(certificates, privateKey.ExportSubjectPublicKeyInfo(), tied, time.GetUtcNow());
            compromised.Ensure(issued);
            PrivateKeyRules.Ensure(privateKey, field);
            imported = vault.Import(keyId, KeyPurpose.CodeSigning, privateKey);
            EnsureWorks(imported.Handle, issued.Leaf);
            return new ImportedCertificate(issued.Leaf, issued.Chain, imported);
        }
        catch (CryptographicException)
        {
            imported?.Handle.Dispose();
            throw new CertificateRefusedException(
                CertificateRefusal.Malformed, $"The private key in '{field}' is damaged: export it again from where it was made.");
        }
        catch
        {
            imported?.Handle.Dispose();
            throw;
        }
    }

    // A key pair with a damaged private part has the right public key but makes invalid signatures.
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

    private static void EnsureBounded(int length, SecretText? password)
    {
        if (length > LongestInput || password?.Length > LongestPassword)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded,
                $"The import is too large: expected files of at most {LongestInput} bytes and a password of at most {LongestPassword} characters.");
        }
    }
}

/// <summary>An imported certificate with its key, not yet stored.</summary>
/// <param name="Leaf">The certificate.</param>
/// <param name="Chain">The CA certificates above it, each followed by its issuer.</param>
/// <param name="Key">Its key, sealed; the caller disposes the handle.</param>
public sealed record ImportedCertificate(CertificateDetails Leaf, ImmutableArray<CertificateDetails> Chain, NewKey Key);

/// <summary>Why a certificate, key or name is refused.</summary>
public enum CertificateRefusal
{
    /// <summary>The input is malformed.</summary>
    Malformed = 1,

    /// <summary>The password is incorrect.</summary>
    WrongPassword,

    /// <summary>The file exceeds a limit of size or of password stretching.</summary>
    LimitExceeded,

    /// <summary>The input contains no private key.</summary>
    NoPrivateKey,

    /// <summary>The input contains more than one private key.</summary>
    SeveralPrivateKeys,

    /// <summary>The private key does not belong to the certificate.</summary>
    KeyMismatch,

    /// <summary>The key's algorithm, or that of its encryption, is not supported.</summary>
    UnsuitableKey,

    /// <summary>The private key is weak or known to others.</summary>
    WeakKey,

    /// <summary>The certificate is not a code-signing certificate.</summary>
    NotACodeSigningCertificate,

    /// <summary>A certificate of the chain did not issue the one below it.</summary>
    BrokenChain,

    /// <summary>A given certificate does not belong to the chain.</summary>
    UnrelatedCertificate,

    /// <summary>A CA of the chain has expired.</summary>
    AuthorityExpired,

    /// <summary>A CA of the chain is not yet valid when its certificate is.</summary>
    AuthorityNotYetValid,

    /// <summary>The subject is not a valid distinguished name.</summary>
    InvalidName,

    /// <summary>The issuer may not issue it: it is not a CA, its path length is exhausted, or it has expired.</summary>
    UnsuitableIssuer,
}

/// <summary>A certificate, key or name is refused. The message is for the caller and contains nothing secret.</summary>
public sealed class CertificateRefusedException(CertificateRefusal refusal, string message) : Exception(message)
{
    /// <summary>The reason.</summary>
    public CertificateRefusal Refusal { get; } = refusal;
}
