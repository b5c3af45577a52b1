using CodeSigning.Grains.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Signing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Hosting;

/// <summary>Registers the vault, and what signs with its keys.</summary>
internal static class VaultHosting
{
    // An ECDSA check costs more than the signature; one in a hundred finds a broken machine soon enough.
    private const int EcdsaCheckEvery = 100;

    public static void AddVault(this IServiceCollection services, NodeSettings settings) => services
        .AddSingleton(_ => MasterKeySource.Load(settings.MasterKey, settings.DataDirectory, StoreEmptiness.Of(settings)))
        .AddSingleton<KeySealer>()
        .AddSingleton(provider => new KeyVault(
            provider.GetRequiredService<KeySealer>(), provider.GetRequiredService<ISealedKeyStore>()))
        .AddSingleton(new CheckedSigner(EcdsaCheckEvery))
        .AddSingleton(_ => new SigningThreads())
        .AddSingleton<IUpcomingWork>(provider => provider.GetRequiredService<SigningThreads>())
        .AddSingleton<ISigningKeys, VaultSigningKeys>();
}
