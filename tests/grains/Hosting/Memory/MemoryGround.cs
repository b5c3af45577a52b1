using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Hosting;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>
/// The product's own services, rules and grains, over dictionaries and a clock: without Orleans, database and arithmetic. What
/// takes the silo hours to play takes a minute here.
/// </summary>
internal sealed class MemoryGround : IHouseGround
{
    private readonly MemoryStore _store;
    private readonly MemoryReminders _reminders;
    private ServiceProvider _services;

    /// <summary>An empty one.</summary>
    /// <param name="remind">Whether reminders come; what they make prompt must be true without them.</param>
    public MemoryGround(bool remind)
    {
        _store = new MemoryStore(Time);
        _reminders = new MemoryReminders(Time, remind ? RemindAsync : (_, _) => Task.CompletedTask);
        _services = Build();
    }

    public ManualTimeProvider Time { get; } = new();

    public IServiceProvider Services => _services;

    public async Task RestartAsync()
    {
        await _services.DisposeAsync();
        _services = Build();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private Task RemindAsync(GrainId grain, string name) =>
        _services.GetRequiredService<MemoryGrains>().RemindAsync(grain, name);

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddGrainServices();
        services.Configure<PasswordHashingOptions>(options => options.Iterations = 1);
        services
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<IStateStore>(_store)
            .AddSingleton<ILedger>(_store)
            .AddSingleton<ILedgerReader>(_store)
            .AddSingleton<ICommitFence>(_store)
            .AddSingleton<IObservations>(_store)
            .AddSingleton<MemoryKeys>()
            .AddSingleton<ICertificateMaker>(provider => provider.GetRequiredService<MemoryKeys>())
            .AddSingleton<ISigningKeys>(provider => provider.GetRequiredService<MemoryKeys>())
            .AddSingleton(StandIn.Of<ICertificateReader>((method, _) => method.Name == nameof(ICertificateReader.Judge)
                ? ImmutableArray<ProfileFinding>.Empty
                : throw new NotSupportedException()))
            .AddSingleton(StandIn.Of<IRevocationListBuilder>((_, _) => throw new NotSupportedException()))
            .AddSingleton(new PkiOptions())
            .AddSingleton<IReminderRegistry>(_reminders)
            .AddSingleton<MemoryGrains>()
            .AddSingleton(provider => provider.GetRequiredService<MemoryGrains>().Factory);
        return services.BuildServiceProvider();
    }
}
