using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;
using Xunit;

namespace CodeSigning.Grains.Tests.Cluster;

/// <summary>Two silos in this process that meet over one PostgreSQL database: what they say to each other is serialised.</summary>
public sealed class TwoSilos : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Seldom = TimeSpan.FromHours(1);
    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, SiloCalls> _calls = [];
    private InProcessTestCluster _cluster = null!;

    /// <summary>The house at the silo that is the home of every grain that is new.</summary>
    internal SigningHouse Home { get; private set; } = null!;

    /// <summary>The same house at the other silo.</summary>
    internal SigningHouse Afar { get; private set; } = null!;

    /// <summary>The grain methods at home that were called from afar.</summary>
    internal IEnumerable<string> CallsFromAfar =>
        _calls[_cluster.Silos[0].Name].From(_cluster.Silos[1].SiloAddress);

    public async Task InitializeAsync()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        var settings = TestHost.Settings(_directory.Path) with
        {
            PostgreSql = database.Service,
            PostgreSqlOwner = database.Owner,
            MasterKey = Convert.ToBase64String(new byte[32]),
        };
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
        builder.ConfigureSiloHost((options, host) => Configure(options.SiloName, host, settings));
        builder.ConfigureSilo((_, silo) => silo.AddReminders());
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        await database.SetClockAsync(_time.GetUtcNow());
        PlaceAtHome();
        Home = await SigningHouse.OpenAsync(new OneSilo(_cluster.Silos[0]));
        Afar = Home.Beside(new OneSilo(_cluster.Silos[1]));
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    public void Dispose() => _directory.Dispose();

    /// <summary>Has the silo of <see cref="Home"/> be the home of the grains that are called from here on.</summary>
    public void PlaceAtHome() => RequestContext.Set(IPlacementDirector.PlacementHintKey, _cluster.Silos[0].SiloAddress);

    /// <summary>Whether a grain's home is the silo of <see cref="Home"/>.</summary>
    public async Task<bool> IsAtHomeAsync(IAddressable grain) =>
        await Home.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain) == _cluster.Silos[0].SiloAddress;

    private void Configure(string name, IHostApplicationBuilder host, NodeSettings settings)
    {
        _calls[name] = new SiloCalls();
        host.AddStore(settings with { HighWater = _directory.File($"{name}.high-water") });
        host.Services
            .AddTestClocks(_time)
            .AddSingleton(new PkiOptions { PublicUrl = settings.PublicUrl })
            .AddSingleton(CompromisedKeys.None)
            .AddSingleton<IIncomingGrainCallFilter>(_calls[name])
            .Configure<LedgerOptions>(options => options.CheckpointInterval = Seldom)
            .AddGrainServices();
    }
}
