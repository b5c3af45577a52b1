using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Secrets;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Certificates;

/// <summary>Creates certificates with keys of the vault.</summary>
public sealed class VaultCertificateMaker(
    KeyVault vault,
    KeyMakingThread keyMaking,
    IssuerWork issuers,
    CertificateImporter importer,
    ICertificateReader reader,
    TimeProvider time,
    ILogger<VaultCertificateMaker> log)
    : ICertificateMaker
{
    /// <inheritdoc/>
    public async Task<MadeCertificate> MakeRootAsync(CertificateOrder order, CancellationToken cancellationToken)
    {
        var key = await MakeKeyAsync(
            order.KeyId, KeyPurpose.CertificateAuthority, order.KeyAlgorithm, order.Custody, cancellationToken);
        return await KeepIfUsedAsync(key, async handle =>
        {
            var root = await issuers.RunAsync(
                handle, () => CertificateAuthority.CreateRoot(handle, order.CommonName, order.Life, time), cancellationToken);
            return new MadeCertificate(key.ToCustody(), root.Subject, root.ToChained(""));
        });
    }

    /// <inheritdoc/>
    public Task<MadeCertificate> MakeAuthorityAsync(
        CertificateOrder order, Issuer issuer, CancellationToken cancellationToken) => IssueAsync(
            order,
            KeyPurpose.CertificateAuthority,
            issuer,
            (authority, publicKey) =>
                authority.IssueAuthority(publicKey, order.CommonName, order.Life, issuer.RevocationListUrl),
            cancellationToken);

    /// <inheritdoc/>
    public Task<MadeCertificate> MakeLeafAsync(
        CertificateOrder order, Issuer issuer, CancellationToken cancellationToken) => IssueAsync(
            order,
            KeyPurpose.CodeSigning,
            issuer,
            (authority, publicKey) =>
                authority.IssueCodeSigning(publicKey, order.CommonName, order.Life, issuer.RevocationListUrl),
            cancellationToken);

    /// <inheritdoc/>
    public async Task<MadeCertificate> RenewLeafAsync(RenewalOrder order, Issuer issuer, CancellationToken cancellationToken)
    {
        var name = NameOf(order.Previous);
        var life = order.Previous.NotAfter - order.Previous.NotBefore;
        if (!order.IsSameKey)
        {
            return await MakeLeafAsync(
                new CertificateOrder(order.KeyId, order.KeyAlgorithm, name, life, order.Custody), issuer, cancellationToken);
        }

        var issued = await issuers.RunAsync(
            issuer, authority => authority.IssueCodeSigning(order.PublicKey, name, life, issuer.RevocationListUrl), cancellationToken);
        StateWrite none = new(StateTypes.Key, order.KeyId, 0, Content: null, StateIndex.None);
        return new MadeCertificate(
            new CustodyKey(order.KeyId, order.KeyAlgorithm, order.PublicKey, none, order.Custody),
            issued.Subject,
            issued.ToChained(issuer.Certificate.WithChainPem));
    }

    /// <inheritdoc/>
    public async Task<MadeSigningRequest> MakeSigningRequestAsync(
        string keyId, string subject, KeyAlgorithm algorithm, string? custody, CancellationToken cancellationToken)
    {
        var name = ReadName(subject);
        var key = await MakeKeyAsync(keyId, KeyPurpose.CodeSigning, algorithm, custody, cancellationToken);
        return await KeepIfUsedAsync(key, async handle =>
        {
            var csrPem = await issuers.RunAsync(handle, () => SigningRequest.Create(handle, subject), cancellationToken);
            return new MadeSigningRequest(key.ToCustody(), name, csrPem);
        });
    }

    /// <inheritdoc/>
    public async Task DiscardAsync(CustodyKey key)
    {
        if (key.Custody is { } hsm && key.Sealed.Content is { } content)
        {
            await DiscardAsync(key.Id, hsm, SealedKeyStates.Read(content.ToArray()));
        }
    }

    /// <inheritdoc/>
    public async Task<MadeCertificate> ImportAsync(
        string keyId, ImportCertificate request, CancellationToken cancellationToken)
    {
        if (CertificateRules.Custody(request.Custody) is { } custody)
        {
            return await AdoptAsync(keyId, custody, request, cancellationToken);
        }

        try
        {
            var imported = await keyMaking.RunAsync(() => Import(keyId, request), cancellationToken);
            using var handle = imported.Key.Handle;
            return new MadeCertificate(
                imported.Key.ToCustody(), imported.Leaf.Subject, imported.Leaf.ToChained(imported.Chain));
        }
        catch (CertificateRefusedException refused)
        {
            throw refused.ToRefused();
        }
    }

    private ImportedCertificate Import(string keyId, ImportCertificate request) => request.Pkcs12 is { } pkcs12
        ? importer.ImportPkcs12(keyId, pkcs12, request.Password)
        : importer.ImportPem(keyId, request.CertificatePem!, request.ChainPem, request.PrivateKeyPem!, request.Password);

    // The private key proves itself with the public key of the certificate, which the caller gives with it.
    private async Task<MadeCertificate> AdoptAsync(
        string keyId, string custody, ImportCertificate request, CancellationToken cancellationToken)
    {
        RequireHsm(custody);
        var (subject, certificate) = reader.Read(
            request.CertificatePem!, request.ChainPem, FindLeafKey(request.CertificatePem!, request.ChainPem));
        var name = new TokenKeyName(request.HsmKeyLabel, ReadKeyId(request.HsmKeyId));
        try
        {
            var key = await vault.AdoptFromTokenAsync(
                keyId, KeyPurpose.CodeSigning, custody, name, reader.ReadPublicKey(certificate), cancellationToken);
            using var handle = key.Handle;
            return new MadeCertificate(key.ToCustody(), subject, certificate);
        }
        catch (CryptographicException fault)
        {
            throw new RefusedException(ErrorCode.UnsupportedAlgorithm, fault.Message);
        }
    }

    private static ReadOnlyMemory<byte> FindLeafKey(string certificatePem, string? chainPem)
    {
        try
        {
            var given = IssuedCertificate.ReadAll(certificatePem, chainPem);
            return (given.Find(certificate => CodeSigningRules.Judge(certificate).IsEmpty) ?? given[0]).SubjectPublicKeyInfo;
        }
        catch (CertificateRefusedException refused)
        {
            throw refused.ToRefused();
        }
    }

    private static ReadOnlyMemory<byte>? ReadKeyId(string? hex)
    {
        if (hex is null)
        {
            return null;
        }

        try
        {
            return Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The field 'hsmKeyId' is invalid: expected the CKA_ID in hex, such as 0a1b.");
        }
    }

    private async Task<MadeCertificate> IssueAsync(
        CertificateOrder order,
        KeyPurpose purpose,
        Issuer issuer,
        Func<CertificateAuthority, ReadOnlyMemory<byte>, CertificateDetails> issue,
        CancellationToken cancellationToken)
    {
        var key = await MakeKeyAsync(order.KeyId, purpose, order.KeyAlgorithm, order.Custody, cancellationToken);
        return await KeepIfUsedAsync(key, async handle =>
        {
            var issued = await issuers.RunAsync(issuer, authority => issue(authority, handle.PublicKey), cancellationToken);
            return new MadeCertificate(key.ToCustody(), issued.Subject, issued.ToChained(issuer.Certificate.WithChainPem));
        });
    }

    private async Task<NewKey> MakeKeyAsync(
        string keyId, KeyPurpose purpose, KeyAlgorithm algorithm, string? custody, CancellationToken cancellationToken)
    {
        if (custody is null)
        {
            // Generating an EC key takes less time than a signature.
            return await (algorithm.IsRsa()
                ? keyMaking.RunAsync(() => vault.Generate(keyId, purpose, algorithm), cancellationToken)
                : issuers.RunAsync(() => vault.Generate(keyId, purpose, algorithm), cancellationToken));
        }

        RequireHsm(custody);
        try
        {
            return await vault.GenerateInTokenAsync(keyId, purpose, algorithm, custody, cancellationToken);
        }
        catch (CryptographicException fault)
        {
            log.LogError(fault, "The HSM {Hsm} could not make a key", custody);
            throw new RefusedException(ErrorCode.UnsupportedAlgorithm, fault.Message);
        }
    }

    private void RequireHsm(string custody)
    {
        if (!vault.TokenNames.Contains(custody))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest,
                vault.TokenNames.Count == 0
                    ? "The field 'custody' is invalid: expected 'software', since this server has no HSM (CODESIGNING_HSM)."
                    : $"The field 'custody' is invalid: expected one of software, {string.Join(", ", vault.TokenNames)}.");
        }
    }

    private async Task<T> KeepIfUsedAsync<T>(NewKey key, Func<KeyHandle, Task<T>> use)
    {
        using var handle = key.Handle;
        try
        {
            return await use(handle);
        }
        catch when (handle.TokenName is not null)
        {
            await DiscardAsync(handle.Reference.Id, handle.TokenName, key.Sealed);
            throw;
        }
    }

    private async Task DiscardAsync(string keyId, string hsm, SealedKey record)
    {
        try
        {
            await vault.DestroyInTokenAsync(record, CancellationToken.None);
        }
        catch (RefusedException away)
        {
            log.LogWarning("The key {Key} in the HSM {Hsm} belongs to nothing and could not be destroyed: {Reason}", keyId, hsm, away.Message);
        }
    }

    // Certificates of internal CAs have a common name and nothing else.
    private static string NameOf(ChainedCertificate certificate)
    {
        using var parsed = X509Certificate2.CreateFromPem(certificate.Pem);
        return parsed.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    // Validates the name before seconds are spent on a key, and normalizes it.
    private static string ReadName(string subject)
    {
        try
        {
            return DistinguishedName.Format(DistinguishedName.Parse(subject));
        }
        catch (CertificateRefusedException refused)
        {
            throw refused.ToRefused();
        }
    }
}

/// <summary>Translates between PKI and grain types.</summary>
internal static class CertificateTranslation
{
    public static ChainedCertificate ToChained(this CertificateDetails certificate, string chainPem) => new(
        CertificateExport.ToPem(certificate),
        chainPem,
        certificate.SerialNumber,
        certificate.Thumbprint,
        certificate.NotBefore,
        certificate.NotAfter);

    public static ChainedCertificate ToChained(this CertificateDetails leaf, IEnumerable<CertificateDetails> chain) =>
        leaf.ToChained(string.Concat(chain.Select(CertificateExport.ToPem)));

    public static CertificateDetails ReadLeaf(this ChainedCertificate certificate) => Pem.ReadCertificates(certificate.Pem)[0];

    public static CustodyKey ToCustody(this NewKey key) => new(
        key.Sealed.Reference.Id, key.Handle.Algorithm, key.Handle.PublicKey, SealedKeyStates.Write(key.Sealed), key.Handle.TokenName);

    public static RefusedException ToRefused(this CertificateRefusedException refused) => new(
        refused.Refusal switch
        {
            CertificateRefusal.NotACodeSigningCertificate => ErrorCode.NotACodeSigningCertificate,
            CertificateRefusal.UnsuitableKey => ErrorCode.UnsupportedAlgorithm,
            CertificateRefusal.UnsuitableIssuer => ErrorCode.WrongState,
            CertificateRefusal.AuthorityExpired => ErrorCode.CertificateExpired,
            CertificateRefusal.AuthorityNotYetValid => ErrorCode.CertificateNotYetValid,
            _ => ErrorCode.InvalidRequest,
        },
        refused.Message);
}
