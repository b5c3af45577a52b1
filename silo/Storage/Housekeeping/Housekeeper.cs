using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
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
            await expiredStates.PurgeAsync(new StateQuery(type, UntilBefore: now - options.Value.ExpiredStatesKept), cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            RepeatAsync(options.Value.ObservationInterval, observations.FlushAsync, stoppingToken),
            RepeatAsync(options.Value.PurgeInterval, PurgeAsync, stoppingToken));
        await TryAsync(observations.FlushAsync, CancellationToken.None);
    }

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryAsync(work, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    // The store may be away for a while; the next round will do what this one could not.
    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreContentionException or LedgerUnavailableException)
        {
            logger.LogWarning(exception, "The store could not be tidied; it is tried again.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An exception that left this service would stop the host, and nobody could verify the ledger any more.
            logger.LogError(
                exception, "The store cannot be tidied. Verify the ledger: a row may have been changed outside the service. It is tried again.");
        }
    }
}
