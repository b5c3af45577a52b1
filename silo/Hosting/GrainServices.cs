using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Imports;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Silo.Certificates;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Hosting;

/// <summary>Registers what the grains stand on, beside storage and vault.</summary>
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
        .AddSingleton<KnownSigners>()
        .AddSingleton<UnsignedAttempts>()
        .AddSingleton<SigningWorker>()
        .AddSingleton<LedgerAuthority>()
        .AddSingleton<SigningMeter>();
}
