using CodeSigning.Grains.Identities;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>The services of people, machine identities and groups, over a store and a ledger of their own in an SQLite file.</summary>
public sealed class ServiceNode : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly IHost _host;

    private ServiceNode(TemporaryDirectory directory, IHost host) => (_directory, _host) = (directory, host);

    public ManualTimeProvider Time => (ManualTimeProvider)Get<TimeProvider>();

    public static async Task<ServiceNode> StartAsync(Action<IServiceCollection>? change = null)
    {
        var directory = new TemporaryDirectory();
        var builder = TestHost.CreateBuilder(new ManualTimeProvider());
        builder.Services
            .AddLedgerStorage(new StorageOptions { DataDirectory = directory.Path })
            .AddSingleton(_ => MasterKey.FromBytes(new byte[MasterKey.Length]))
            .AddSingleton<KeySealer>()
            .AddSingleton(services => new KeyVault(
                services.GetRequiredService<KeySealer>(), services.GetRequiredService<ISealedKeyStore>()))
            .AddIdentities()
            // What a hash costs is not what these tests are about.
            .Configure<PasswordHashingOptions>(options => options.Iterations = 1000);
        change?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new ServiceNode(directory, host);
    }

    public T Get<T>()
        where T : notnull =>
        _host.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _directory.Dispose();
    }
}
