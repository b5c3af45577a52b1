using System.CommandLine;
using CodeSigning.Silo.Ledger.Checkpoints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo accept-older-store</c>: goes on with a store that is older than what this node has seen, which an entry of the ledger
/// tells of. Each node of a cluster has a mark of its own.
/// </summary>
internal static class AcceptOlderStoreCommand
{
    /// <summary>The verb. Its exit status: 0 done, or nothing to do; 1 not done.</summary>
    public static Command Create()
    {
        Command command = new("accept-older-store", "goes on with a store that is older than this node knows");
        command.SetAction((result, cancellationToken) => VerbHost.RunAsync(
            services => services.Configure<HighWaterOptions>(options => options.AcceptsOlderStore = true),
            host => RunAsync(host, result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, cancellationToken)));
        return command;
    }

    private static Task<int> RunAsync(IHost host, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var storage = StoreWrite.StorageOf(host);
        return StoreWrite.RunAsync(storage, "Nothing was accepted.", errors, async () =>
        {
            // Without a mark there is nothing to compare with, and a store that is not there would be made.
            if (host.Services.GetRequiredService<HighWaterFile>().Read() is not { } seen)
            {
                await output.WriteLineAsync($"There is no high-water mark at {storage.HighWaterPath}: nothing had to be accepted.");
                return;
            }

            await host.StartAsync(cancellationToken);
            await host.StopAsync(CancellationToken.None);
            await output.WriteLineAsync(host.Services.GetRequiredService<HighWaterWatch>().GivenUp is { } before
                ? $"The older store is accepted: this node gives up {before}, and an entry of the ledger says so."
                    + (storage.IsSqlite ? "" : " Run this on each node that refuses to start: each has a mark of its own.")
                : $"The store holds {seen}, which this node saw last: nothing had to be accepted.");
        });
    }
}
