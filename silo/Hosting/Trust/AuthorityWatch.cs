using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Storage.Secrets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CodeSigning.Silo.Hosting.Trust;

/// <summary>
/// Opens the cluster authority before the silo starts. Over a database that others write too it then looks whether the
/// authority was replaced, and trusts the new one alone.
/// </summary>
internal sealed class AuthorityWatch(
    AuthorityKeys keys,
    ClusterTrust trust,
    IOptions<StorageOptions> storage,
    IOptions<ClusterOptions> cluster,
    IOptions<TrustOptions> options,
    TimeProvider time,
    ILogger<AuthorityWatch> logger) : BackgroundService, IHostedLifecycleService
{
    private readonly TroubleLog _trouble = new(logger, time);

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        trust.Trust(Take(await keys.OpenAsync(cancellationToken)));

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await keys.OpenNewerAsync(trust.Authority.Version, cancellationToken) is { } newer)
            {
                var cut = trust.Trust(Take(newer));
                logger.LogWarning("The cluster authority was replaced. {Count} connections under the one before were cut.", cut);
            }

            _trouble.Over("The cluster authority in the store can be used.");
        }
        catch (StoreUnavailableException)
        {
            // Nothing is signed without the store either; the ledger's writer tells of it.
        }
        catch (Exception exception) when (exception is SealedKeyException or StateTamperedException)
        {
            _trouble.Met(exception, passing: "", "The cluster authority in the store cannot be used, so the one before is trusted on.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (storage.Value.IsSqlite)
        {
            return;
        }

        using PeriodicTimer timer = new(options.Value.ReplacementPoll, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(stoppingToken);
        }
    }

    private TrustedAuthority Take(AuthorityKey key) => new(key, cluster.Value.ClusterId, options.Value, time);
}
