using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// What all verbs that write a store have in common: on SQLite no server may run, and what keeps them from it is a sentence.
/// Nodes that run over PostgreSQL go on.
/// </summary>
internal static class StoreWrite
{
    /// <summary>Writes while no server has the store.</summary>
    /// <param name="storage">Where the store is.</param>
    /// <param name="undone">The sentence that goes before the reason where nothing was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="write">Writes.</param>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> RunAsync(StorageOptions storage, string undone, TextWriter errors, Func<Task> write)
    {
        try
        {
            using var stopped = storage.IsSqlite ? StoreLock.Take(storage) : null;
            await write();
            return 0;
        }
        catch (Exception exception) when (IsReason(exception))
        {
            await errors.WriteLineAsync($"{undone} {exception.Message}");
            return 1;
        }
    }

    /// <summary>Starts a host of the store, writes, and stops it.</summary>
    /// <param name="host">A host of the store and the vault, and of what writes; not started.</param>
    /// <param name="undone">The sentence that goes before the reason where nothing was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="write">Writes with the services of the host.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static Task<int> RunAsync(
        IHost host, string undone, TextWriter errors, Func<IServiceProvider, Task> write, CancellationToken cancellationToken) =>
        RunAsync(StorageOf(host), undone, errors, async () =>
        {
            await host.StartAsync(cancellationToken);
            await write(host.Services);
            await host.StopAsync(CancellationToken.None);
        });

    /// <summary>Where the store of a host is.</summary>
    public static StorageOptions StorageOf(IHost host) => host.Services.GetRequiredService<IOptions<StorageOptions>>().Value;

    private static bool IsReason(Exception exception) => exception is RefusedException or CommitRefusedException
        or StoreInUseException or StoreUnavailableException or StoreRejectedException or LedgerUnavailableException
        or SealedKeyException or MasterKeyException or StateTamperedException or HighWaterException
        or SqliteException or InvalidDataException or IOException or UnauthorizedAccessException;
}
