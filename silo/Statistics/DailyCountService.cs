using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Statistics;

/// <summary>The pace of counting.</summary>
internal sealed record DailyCountOptions
{
    /// <summary>The time between two looks for what is new.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most entries that one commit counts.</summary>
    public int EntriesAtOnce { get; init; } = 5000;
}

/// <summary>Counts the ledger's attempts by day as it grows.</summary>
internal sealed class DailyCountService(
    DailyCounter counter, DailyCountOptions options, TimeProvider time, ILogger<DailyCountService> logger) : BackgroundService
{
    private readonly RepeatedWork _work = new(
        logger,
        time,
        "Attempts are counted by day again.",
        "Attempts could not be counted by day and will be.",
        "Attempts could not be counted by day and will be tried again.");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _work.RepeatAsync(options.Interval, CountAsync, stoppingToken);

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        while (await counter.AdvanceAsync(cancellationToken))
        {
        }
    }
}

/// <summary>Registers the counts.</summary>
internal static class StatisticsRegistration
{
    /// <summary>Adds the counts by day; the caller adds the storage and the clock.</summary>
    public static void AddStatistics(this IServiceCollection services)
    {
        services.AddSingleton(new DailyCountOptions());
        services.AddSingleton<DailyCounter>();
        services.AddSingleton(provider => new DailyCounts(
            provider.GetRequiredService<IStateStore>(), provider.GetRequiredService<LedgerPages>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<DailyCountService>();
    }
}
