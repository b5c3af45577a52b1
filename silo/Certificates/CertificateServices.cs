using CodeSigning.Grains.Certificates;
using CodeSigning.Silo.Pki;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Certificates;

/// <summary>Registers what the grains of certificates and internal CAs stand on.</summary>
public static class CertificateServices
{
    /// <summary>
    /// Adds it. The caller registers the <see cref="Keys.KeyVault"/>, the <see cref="Keys.SigningThreads"/>, the state store,
    /// the clock, the <see cref="PkiOptions"/> and the <see cref="Pki.CompromisedKeys"/>.
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
        .AddSingleton<CertificateService>()
        .AddSingleton<CertificateAuthorityService>();
}
