using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>What a test wants of the host it runs on. Stores and clock may be shared between hosts.</summary>
public sealed record HostSettings
{
    public Stage Stage { get; init; } = new();

    public ManualTimeProvider Time { get; init; } = new();

    public TestGrainStorage Storage { get; init; } = new();

    public TestReminderTable Reminders { get; init; } = new();

    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan CollectionAge { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether call time-outs follow <see cref="Time"/> on the embedded host; on Orleans they follow the wall clock.</summary>
    public bool FakesCallTimeouts { get; init; }

    public Action<IServiceCollection> AlsoAdd { get; init; } = static _ => { };
}
