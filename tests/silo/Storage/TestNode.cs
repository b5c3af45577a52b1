using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>One process's share of the product: its store and its ledger writer, over a database that others may use too.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly byte[] MasterKeyBytes = [.. Enumerable.Range(1, MasterKey.Length).Select(i => (byte)i)];

    private readonly ServiceProvider _services;
    private bool _stopped;

    private TestNode(ServiceProvider services) => _services = services;

    public ILedger Ledger => Get<ILedger>();

    public LedgerWriter Writer => Get<LedgerWriter>();

    public IStateStore States => Get<IStateStore>();

    public ILedgerReader Entries => Get<ILedgerReader>();

    public static async Task<TestNode> StartAsync(
        TestDatabase database, ManualTimeProvider time, Action<IServiceCollection>? change = null)
    {
        ServiceCollection services = new();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddSingleton<TimeProvider>(time);
        services.AddLedgerStorage(database.Options);
        services.AddSingleton(_ => MasterKey.FromBytes(MasterKeyBytes));
        services.AddSingleton<KeySealer>();
        services.AddSingleton(provider => new KeyVault(
            provider.GetRequiredService<KeySealer>(), provider.GetRequiredService<ISealedKeyStore>()));
        services.Configure<LedgerOptions>(options => options.RetryDelay = TimeSpan.FromMilliseconds(5));
        change?.Invoke(services);
        TestNode node = new(services.BuildServiceProvider());
        foreach (var service in node._services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await service.StartingAsync(CancellationToken.None);
        }

        return node;
    }

    public T Get<T>()
        where T : notnull =>
        _services.GetRequiredService<T>();

    /// <summary>Shuts down as a host does.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        foreach (var service in _services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Reverse())
        {
            await service.StoppedAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
    }
}
