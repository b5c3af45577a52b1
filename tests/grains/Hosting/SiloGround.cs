using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Housekeeping;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Statistics;
using CodeSigning.Silo.Trust;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>The whole silo as it is put together for production, on an SQLite file of its own.</summary>
internal sealed class SiloGround : IHouseGround
{
    private static readonly TimeSpan Seldom = TimeSpan.FromHours(1);
    private readonly TemporaryDirectory _directory = new();
    private readonly Action<IServiceCollection> _change;
    private IHost _host;

    private SiloGround(Action<IServiceCollection> change)
    {
        _change = change;
        _host = Build();
    }

    public ManualTimeProvider Time { get; } = new();

    public IServiceProvider Services => _host.Services;

    /// <summary>Starts one.</summary>
    /// <param name="change">What shall be otherwise than in production.</param>
    public static async Task<SiloGround> StartAsync(Action<IServiceCollection> change)
    {
        var ground = new SiloGround(change);
        await ground._host.StartAsync();
        return ground;
    }

    public async Task RestartAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _host = Build();
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _directory.Dispose();
    }

    private IHost Build()
    {
        var builder = TestHost.CreateBuilder(Time);
        builder.AddSilo(new SiloSettings { Node = TestHost.Settings(_directory.Path) });
        // Years pass here in a moment; what is done every few seconds of them would take longer than the tests.
        builder.Services.AddSingleton(new NotificationOptions { Interval = Seldom });
        builder.Services.AddSingleton(new DailyCountOptions { Interval = Seldom });
        builder.Services.AddSingleton(new IdleKeyOptions(Seldom * 24));
        builder.Services.Configure<LedgerOptions>(options => options.CheckpointInterval = Seldom);
        builder.Services.Configure<HousekeepingOptions>(options => options.ObservationInterval = Seldom);
        builder.Services.Configure<TrustOptions>(options => options.ReplacementPoll = Seldom);
        _change(builder.Services);
        return builder.Build();
    }
}
