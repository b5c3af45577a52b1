using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo replace-cluster-authority</c>: puts a new key in place of a cluster authority's that leaked. Nodes that run over
/// PostgreSQL hear of it and go on; a server on SQLite must be stopped.
/// </summary>
public static class ReplaceAuthorityCommand
{
    /// <summary>Replaces it.</summary>
    /// <param name="host">A host of the store and the vault alone, not started.</param>
    /// <param name="output">Receives what was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> RunAsync(IHost host, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var storage = host.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        try
        {
            using var stopped = storage.IsSqlite ? StoreLock.Take(storage) : null;
            await host.StartAsync(cancellationToken);
            var name = await host.Services.GetRequiredService<AuthorityKeys>().ReplaceAsync(cancellationToken);
            await host.StopAsync(CancellationToken.None);
            await output.WriteLineAsync($"The cluster authority was replaced: its public key is now {name}."
                + (storage.IsSqlite ? "" : " Nodes that are running trust it alone within ten seconds."));
            return 0;
        }
        catch (Exception exception) when (exception is StoreInUseException or SealedKeyException or StateTamperedException
            or StoreUnavailableException or LedgerUnavailableException)
        {
            await errors.WriteLineAsync($"Nothing was replaced. {exception.Message}");
            return 1;
        }
    }
}
