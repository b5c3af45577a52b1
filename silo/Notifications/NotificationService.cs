using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Notifications;

/// <summary>Runs what notifies, in the background; a round that fails is tried again at the next.</summary>
internal sealed class NotificationService(
    NotificationFeed feed,
    Deliveries deliveries,
    ExpiringCertificates certificates,
    NotificationOptions options,
    TimeProvider time,
    ILogger<NotificationService> log) : BackgroundService
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RepeatAsync(options.Interval, WhileAsync(feed.AdvanceAsync), stoppingToken),
        RepeatAsync(options.Interval, WhileAsync(deliveries.SendAsync), stoppingToken),
        RepeatAsync(Hour, certificates.LookAsync, stoppingToken),
        RepeatAsync(Hour, deliveries.PurgeAsync, stoppingToken));

    private static Func<CancellationToken, Task> WhileAsync(Func<CancellationToken, Task<bool>> round) => async cancellationToken =>
    {
        while (await round(cancellationToken))
            cancellationToken.ThrowIfCancellationRequested();
    };

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(interval, time);
        try
        {
            do
                await TryAsync(work, stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping; what is under way is done after the next start.
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever is wrong here, signing goes on: an exception that left this service would stop the host.
            log.Log(IsPassing(exception) ? LogLevel.Warning : LogLevel.Error, exception, "Notifications wait; they are tried again.");
        }
    }

    private static bool IsPassing(Exception exception) =>
        exception is StoreUnavailableException or StoreContentionException or OrleansException or TimeoutException;
}
