using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Secrets;

namespace CodeSigning.Silo.Certificates;

/// <summary>Creates certificates with keys of the vault.</summary>
public sealed class VaultCertificateMaker(
    KeyVault vault, KeyMakingThread keyMaking, IssuerWork issuers, CertificateImporter importer, TimeProvider time)
    : ICertificateMaker
{
    /// <inheritdoc/>
    public async Task<MadeCertificate> MakeRootAsync(CertificateOrder order, CancellationToken cancellationToken)
    {
        var key = await MakeKeyAsync(
            order.KeyId, KeyPurpose.CertificateAuthority, order.KeyAlgorithm, cancellationToken);
        using var handle = key.Handle;
        var root = await issuers.RunAsync(
            () => CertificateAuthority.CreateRoot(handle, order.CommonName, order.Life, time), cancellationToken);
        return new MadeCertificate(key.ToCustody(), root.Subject, root.ToChained(""));
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
    public async Task<MadeSigningRequest> MakeSigningRequestAsync(
        string keyId, string subject, KeyAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var name = ReadName(subject);
        var key = await MakeKeyAsync(keyId, KeyPurpose.CodeSigning, algorithm, cancellationToken);
        using var handle = key.Handle;
        var csrPem = await issuers.RunAsync(() => SigningRequest.Create(handle, subject), cancellationToken);
        return new MadeSigningRequest(key.ToCustody(), name, csrPem);
    }

    /// <inheritdoc/>
    public async Task<MadeCertificate> ImportAsync(
        string keyId, ImportCertificate request, CancellationToken cancellationToken)
    {
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

    private async Task<MadeCertificate> IssueAsync(
        CertificateOrder order,
        KeyPurpose purpose,
        Issuer issuer,
        Func<CertificateAuthority, ReadOnlyMemory<byte>, CertificateDetails> issue,
        CancellationToken cancellationToken)
    {
        var key = await MakeKeyAsync(order.KeyId, purpose, order.KeyAlgorithm, cancellationToken);
        using var handle = key.Handle;
        var issued = await issuers.RunAsync(issuer, authority => issue(authority, handle.PublicKey), cancellationToken);
        return new MadeCertificate(key.ToCustody(), issued.Subject, issued.ToChained(issuer.Certificate.WithChainPem));
    }

    // Generating an EC key takes less time than a signature.
    private Task<NewKey> MakeKeyAsync(
        string keyId, KeyPurpose purpose, KeyAlgorithm algorithm, CancellationToken cancellationToken) =>
        algorithm.IsRsa()
            ? keyMaking.RunAsync(() => vault.Generate(keyId, purpose, algorithm), cancellationToken)
            : issuers.RunAsync(() => vault.Generate(keyId, purpose, algorithm), cancellationToken);

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
        key.Sealed.Reference.Id, key.Handle.Algorithm, key.Handle.PublicKey, SealedKeyStates.Write(key.Sealed));

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
