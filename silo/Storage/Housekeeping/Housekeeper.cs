using CodeSigning.Grains.States;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>Writes observations and removes what has expired, in the background.</summary>
internal sealed class Housekeeper(
    Observations observations,
    ExpiredStates expiredStates,
    IHousekeepingWrites writes,
    TimeProvider time,
    IOptions<HousekeepingOptions> options,
    ILogger<Housekeeper> logger) : BackgroundService
{
    private const int AnswersAtOnce = 1000;

    /// <summary>Removes what has expired by now.</summary>
    public async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        while (await writes.PurgeAnswersAsync(now.ToUnixTimeMilliseconds() - AnswerStore.KeptMs, AnswersAtOnce, cancellationToken)
            == AnswersAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        foreach (var type in options.Value.PurgedTypes)
        {
            await expiredStates.PurgeAsync(new StateQuery(type, UntilBefore: now - options.Value.ExpiredStatesKept), cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TroubleLog observing = new(logger, time);
        TroubleLog purging = new(logger, time);
        await Task.WhenAll(
            RepeatAsync(options.Value.ObservationInterval, observations.FlushAsync, observing, stoppingToken),
            RepeatAsync(options.Value.PurgeInterval, PurgeAsync, purging, stoppingToken));
        await TryAsync(observations.FlushAsync, observing, CancellationToken.None);
    }

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> work, TroubleLog trouble, CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryAsync(work, trouble, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    // The store may be away for a while; the next round will do what this one could not.
    private static async Task TryAsync(Func<CancellationToken, Task> work, TroubleLog trouble, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
            trouble.Over("The store is tidied again.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An exception that left this service would stop the host, and nobody could verify the ledger any more.
            trouble.Met(
                exception,
                "The store could not be tidied; it is tried again.",
                "The store cannot be tidied. Verify the ledger: a row may have been changed outside the service. It is tried again.");
        }
    }
}
