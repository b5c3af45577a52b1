using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Storage.Secrets;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Storage.Hosting;

/// <summary>
/// Brings the store up before anything else starts, and down after everything else has stopped: schema, stream, keys; at
/// the end what waits is committed and the stream closed.
/// </summary>
internal sealed class StoreLifetime(
    IMigrator migrator, LedgerWriter writer, ClusterKeys keys, KeyVault vault, ISealedKeyStore keyStore) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await migrator.MigrateAsync(cancellationToken);
        await writer.StartAsync(cancellationToken);
        await keys.OpenAsync(vault, keyStore, writer, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => writer.StopAsync();
}
