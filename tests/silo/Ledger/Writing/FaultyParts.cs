using System.Security.Cryptography;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>What the writer stands on, but for the commits, with faults that nobody foresaw.</summary>
internal sealed class FaultyParts(ILedgerKey key, IStateSealer sealer, Lazy<IUseCountReader> uses) : ILedgerKey, IStateSealer, IUseCountReader
{
    /// <summary>A grant that cannot be counted, and a state that cannot be sealed.</summary>
    public const string BadId = "bad_1";

    /// <summary>Whether the ledger's key has ceased to sign.</summary>
    public bool IsKeyBroken { get; set; }

    public string KeyId => key.KeyId;

    public ReadOnlyMemory<byte> PublicKey => key.PublicKey;

    /// <summary>Puts the parts in the place of those that are registered.</summary>
    public static void Install(IServiceCollection services)
    {
        var key = Real<ILedgerKey>(services);
        var sealer = Real<IStateSealer>(services);
        var uses = Real<IUseCountReader>(services);
        services.AddSingleton(provider => new FaultyParts(
            key(provider), sealer(provider), new Lazy<IUseCountReader>(() => uses(provider)))); // It reads what the sealer has sealed.
        services.AddSingleton<ILedgerKey>(provider => provider.GetRequiredService<FaultyParts>());
        services.AddSingleton<IStateSealer>(provider => provider.GetRequiredService<FaultyParts>());
        services.AddSingleton<IUseCountReader>(provider => provider.GetRequiredService<FaultyParts>());
    }

    public byte[] SignDigest(ReadOnlySpan<byte> sha256) =>
        IsKeyBroken ? throw new CryptographicException("No more.") : key.SignDigest(sha256);

    public byte[] Seal(string type, string id, long version, ReadOnlySpan<byte> content) =>
        id == BadId ? throw new CryptographicException("Not this one.") : sealer.Seal(type, id, version, content);

    public bool Verify(string type, string id, long version, ReadOnlySpan<byte> content, ReadOnlySpan<byte> seal) =>
        sealer.Verify(type, id, version, content, seal);

    public Task<UseCount> ReadGrantAsync(string grantId, CancellationToken cancellationToken) =>
        grantId == BadId ? throw new InvalidCastException("That is no number.") : uses.Value.ReadGrantAsync(grantId, cancellationToken);

    public Task<UseCount> ReadAsync(string id, CancellationToken cancellationToken) => uses.Value.ReadAsync(id, cancellationToken);

    private static Func<IServiceProvider, T> Real<T>(IServiceCollection services)
    {
        var real = services.Last(service => service.ServiceType == typeof(T));
        return provider => (T)(real.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, real.ImplementationType!));
    }
}
