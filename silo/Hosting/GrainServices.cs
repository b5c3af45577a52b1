using CodeSigning.Grains;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Silo.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Hosting;

/// <summary>Registers the services of the grains, besides storage and vault.</summary>
internal static class GrainServices
{
    public static void AddGrainServices(this IServiceCollection services) => services
        .AddIdentities()
        .AddCertificates()
        .AddApprovals()
        .AddSingleton<SignerFactsReader>()
        .AddSingleton<SignerDirectory>()
        .AddSingleton<SignerWithdrawals>()
        .AddSingleton<SignersOfKey>()
        .AddSingleton<EmergencyStop>()
        .AddSingleton<CertificateImport>()
        .AddSingleton<CertificateRenewal>()
        .AddSingleton<KnownSigners>()
        .AddSingleton<UnsignedAttempts>()
        .AddSingleton<SigningWorker>()
        .AddSingleton<LedgerAuthority>()
        .AddSingleton<SigningMeter>();
}

/// <summary>Registers the services of certificates and internal CAs.</summary>
public static class CertificateServices
{
    /// <summary>
    /// Adds the services. The caller registers the <see cref="Keys.KeyVault"/>, the <see cref="Keys.SigningThreads"/>,
    /// the state store, the clock, the <see cref="PkiOptions"/> and the <see cref="Pki.CompromisedKeys"/>.
    /// </summary>
    public static IServiceCollection AddCertificates(this IServiceCollection services) => services
        .AddSingleton<KeyMakingThread>()
        .AddSingleton<IssuerWork>()
        .AddSingleton<CertificateImporter>()
        .AddSingleton<ICertificateMaker, VaultCertificateMaker>()
        .AddSingleton<ICertificateReader, PkiCertificateReader>()
        .AddSingleton<IRevocationListBuilder, VaultRevocationListBuilder>()
        .AddSingleton<CertificateAuthorities>()
        .AddSingleton<RevocationRegister>()
        .AddSingleton<CertificatesOfKey>()
        .AddSingleton<CertificateCatalog>()
        .AddSingleton<IKeyErasure, KeyErasure>()
        .AddSingleton<KeyLifeService>()
        .AddSingleton<CertificateService>()
        .AddSingleton<CertificateAttestations>()
        .AddSingleton<CertificateAuthorityService>();
}
