using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo accept-older-store</c>: goes on with a store that is older than what this node has seen, which an entry of the ledger
/// tells of. Each node of a cluster has a mark of its own.
/// </summary>
public static class AcceptOlderStoreCommand
{
    /// <summary>Accepts it.</summary>
    /// <param name="host">A host of the store and the vault alone, not started, that accepts an older store.</param>
    /// <param name="output">Receives what was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, or nothing to do; 1 not done.</returns>
    public static async Task<int> RunAsync(IHost host, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var storage = host.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        try
        {
            // A server that runs has perhaps not made its mark yet.
            using var stopped = storage.IsSqlite && File.Exists(storage.SqliteFile) ? StoreLock.Take(storage) : null;

            // Without a mark there is nothing to compare with, and a store that is not there would be made.
            if (host.Services.GetRequiredService<HighWaterFile>().Read() is not { } seen)
            {
                await output.WriteLineAsync($"There is no high-water mark at {storage.HighWaterPath}: nothing had to be accepted.");
                return 0;
            }

            await host.StartAsync(cancellationToken);
            await host.StopAsync(CancellationToken.None);
            await output.WriteLineAsync(host.Services.GetRequiredService<HighWaterWatch>().GivenUp is { } before
                ? $"The older store is accepted: this node gives up {before}, and an entry of the ledger says so."
                    + (storage.IsSqlite ? "" : " Run this on each node that refuses to start: each has a mark of its own.")
                : $"The store holds {seen}, which this node saw last: nothing had to be accepted.");
            return 0;
        }
        catch (Exception exception) when (exception is StoreInUseException or SealedKeyException or StateTamperedException
            or StoreUnavailableException or LedgerUnavailableException or HighWaterException)
        {
            await errors.WriteLineAsync($"Nothing was accepted. {exception.Message}");
            return 1;
        }
    }
}
