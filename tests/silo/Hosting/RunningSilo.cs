using System.Net;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Trust;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Reminders;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>A whole silo on an SQLite file of its own, in this process, and what it logs.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly IHost _host;

    private RunningSilo(TemporaryDirectory directory, IHost host, LogLines log)
    {
        _directory = directory;
        _host = host;
        Log = log;
        var endpoint = Get<IOptions<EndpointOptions>>().Value;
        Endpoint = new IPEndPoint(endpoint.AdvertisedIPAddress, endpoint.SiloPort);
    }

    /// <summary>Where it listens for other silos.</summary>
    public IPEndPoint Endpoint { get; }

    public LogLines Log { get; }

    public string Cluster => Get<IOptions<ClusterOptions>>().Value.ClusterId;

    public ClusterTrust Trust => Get<ClusterTrust>();

    /// <param name="time">The clock of what is the product's own; Orleans keeps to the world's.</param>
    public static async Task<RunningSilo> StartAsync(TimeProvider? time = null)
    {
        TemporaryDirectory directory = new();
        LogLines log = new();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        if (time is not null)
        {
            builder.Services
                .AddSingleton(time)
                .AddKeyedSingleton(KeyedService.AnyKey, TimeProvider.System)
                .AddKeyedSingleton(TimeProviderNames.Grains, TimeProvider.System)
                .AddKeyedSingleton(ReminderTimeProviderNames.Reminders, TimeProvider.System);
        }

        builder.AddSilo(new SiloSettings
        {
            Node = new NodeSettings
            {
                DataDirectory = directory.Path,
                PostgreSql = null,
                PostgreSqlOwner = null,
                MasterKey = null,
                PublicUrl = new Uri("http://localhost"),
                AdministratorEmail = "admin@localhost",
                AdministratorPassword = null,
            },
        });
        var host = builder.Build();
        await host.StartAsync();
        log.Clear();
        return new RunningSilo(directory, host, log);
    }

    public T Get<T>()
        where T : notnull =>
        _host.Services.GetRequiredService<T>();

    /// <summary>The authority's key, as somebody has it who holds the store and the master key.</summary>
    public Task<AuthorityKey> OpenAuthorityAsync() => Get<AuthorityKeys>().OpenAsync(CancellationToken.None);

    /// <summary>Replaces the authority as the verb does, and has the silo hear of it; on SQLite it does not look by itself.</summary>
    public async Task ReplaceAuthorityAsync()
    {
        await Get<AuthorityKeys>().ReplaceAsync(CancellationToken.None);
        await Get<AuthorityWatch>().LookAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }

        _directory.Dispose();
    }
}
