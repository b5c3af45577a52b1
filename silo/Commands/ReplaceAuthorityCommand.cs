using System.CommandLine;
using CodeSigning.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo replace-cluster-authority</c>: puts a new key in place of a cluster authority's that leaked. Nodes that run over
/// PostgreSQL hear of it and go on; a server on SQLite must be stopped.
/// </summary>
internal static class ReplaceAuthorityCommand
{
    private const string Undone = "Nothing was replaced.";

    /// <summary>The verb. Its exit status: 0 done, 1 not done.</summary>
    public static Command Create()
    {
        Command command = new("replace-cluster-authority", "makes a new key for what nodes know one another by");
        command.SetAction((result, cancellationToken) => VerbHost.RunAsync(
            services => services.AddSingleton<AuthorityKeys>(),
            Undone,
            refused: 1,
            result.InvocationConfiguration.Error,
            host => RunAsync(host, result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, cancellationToken)));
        return command;
    }

    private static Task<int> RunAsync(IHost host, TextWriter output, TextWriter errors, CancellationToken cancellationToken) =>
        StoreWrite.RunAsync(host, Undone, errors, async services =>
        {
            var name = await services.GetRequiredService<AuthorityKeys>().ReplaceAsync(cancellationToken);
            await output.WriteLineAsync($"The cluster authority was replaced: its public key is now {name}."
                + (StoreWrite.StorageOf(host).IsSqlite ? "" : " Nodes that are running trust it alone within ten seconds."));
        }, cancellationToken);
}
