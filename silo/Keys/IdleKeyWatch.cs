using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Closes keys that are not used, so that the key of a signer that is disabled, deleted or forgotten does not stay in the memory of
/// every node that ever signed with it.
/// </summary>
internal sealed class IdleKeyWatch(KeyVault vault, IdleKeyOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(options.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                vault.CloseIdle(options.Open);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping, and closes all keys.
        }
    }
}

/// <summary>How long keys stay open.</summary>
/// <param name="Open">How long a key stays open that is not used.</param>
internal sealed record IdleKeyOptions(TimeSpan Open)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>How often it is looked for idle keys: a key stays open at most a tenth longer.</summary>
    public TimeSpan Interval => TimeSpan.FromTicks(Math.Max(Shortest.Ticks, Open.Ticks / 10));
}
