using CodeSigning.Grains;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Hosting;

/// <summary>
/// Starts the store before anything else and stops it after everything else: schema, high-water check, stream, keys,
/// upgrade of earlier releases' rows; at the end pending elements are committed, the stream closed, and a checkpoint
/// written.
/// </summary>
internal sealed class StoreLifetime(
    IMigrator migrator,
    LedgerWriter writer,
    ClusterKeys keys,
    KeyVault vault,
    ISealedKeyStore keyStore,
    ILedgerReader entries,
    MasterKeyRotation rotation,
    EarlierStates earlier,
    CheckpointWriter checkpoints,
    HighWaterWatch highWater,
    ILogger<StoreLifetime> logger) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await migrator.MigrateAsync(cancellationToken);
        await highWater.OpenAsync(cancellationToken);
        await writer.StartAsync(cancellationToken);
        await rotation.TakeOverAsync(cancellationToken);
        await keys.OpenOrMakeAsync(vault, keyStore, writer, entries, cancellationToken);
        await highWater.RecordAsync(writer, cancellationToken);
        await earlier.UpgradeAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await writer.StopAsync(cancellationToken);
        try
        {
            await checkpoints.WriteAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreContentionException)
        {
            logger.LogWarning(exception, "The last checkpoint could not be written; another node or the next start will write it");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning("There was no time left to write the last checkpoint; another node or the next start will write it");
        }
        catch (Exception exception)
        {
            logger.LogError(
                exception, "The last checkpoint could not be written: verify the ledger, since it may have been changed outside the service");
        }
    }
}

/// <summary>Holds the lock on the SQLite store from before the first write until all writers are disposed.</summary>
internal sealed class StoreOwner(IOptions<StorageOptions> storage) : IHostedLifecycleService, IDisposable
{
    private StoreLock? _lock;

    /// <exception cref="StoreInUseException">Another process holds the lock.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _lock = StoreLock.Take(storage.Value);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _lock?.Dispose();
}
