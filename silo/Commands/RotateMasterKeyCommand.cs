using System.CommandLine;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo rotate-master-key --to FILE</c>: seals every key under another master key. Nodes that run over PostgreSQL hear of it
/// and go on; a server on SQLite must be stopped. Ended half-way, it goes on when it is begun again.
/// </summary>
internal static class RotateMasterKeyCommand
{
    private const string Undone = "The master key was not rotated to the end; begin it again with the same file to go on.";

    // Nodes look each second; those that have not within this time are as good as dead for the cluster.
    private static readonly TimeSpan Publication = TimeSpan.FromSeconds(10);

    /// <summary>The verb. Its exit status: 0 done, 1 not done.</summary>
    public static Command Create()
    {
        Option<string> next = new("--to")
        {
            Description = "the file with the next master key: base64 of 32 random bytes, as of 'openssl rand -base64 32', or a wrapped one of 'wrap-master-key'",
            HelpName = "FILE",
            Required = true,
        };
        Command command = new("rotate-master-key", "seals every key under another master key") { next };
        command.SetAction((result, cancellationToken) => VerbHost.RunAsync(
            services => services.AddSingleton<MasterKeyReplacement>(),
            Undone,
            refused: 1,
            result.InvocationConfiguration.Error,
            host => RunAsync(
                host, result.GetRequiredValue(next), result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, cancellationToken)));
        return command;
    }

    private static Task<int> RunAsync(
        IHost host, string file, TextWriter output, TextWriter errors, CancellationToken cancellationToken) =>
        StoreWrite.RunAsync(host, Undone, errors, async services =>
        {
            using var next = services.GetRequiredService<NodeSettings>().ToMasterKeySource().OpenFile(file);
            var publication = StoreWrite.StorageOf(host).IsSqlite ? TimeSpan.Zero : Publication;
            await services.GetRequiredService<MasterKeyReplacement>().RunAsync(next, publication, output.WriteLineAsync, cancellationToken);
            await output.WriteLineAsync(
                $"Every key is sealed under the master key of {file}. Put it in the place of the previous one on every node before its "
                + "next start: CODESIGNING_MASTER_KEY, or master.key in the data directory. Keep the previous one as long as backups that need it.");
        }, cancellationToken);
}
