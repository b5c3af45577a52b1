using System.CommandLine;
using System.Globalization;
using CodeSigning.Silo.Ledger.Archiving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo archive-ledger --before TIME --to FILE</c>: moves the beginning of the ledger into a file that can be verified by
/// itself; see docs/archive.md. Nodes that run over PostgreSQL go on; a server on SQLite must be stopped.
/// </summary>
internal static class ArchiveLedgerCommand
{
    private const string Undone = "The ledger was not archived.";

    /// <summary>The verb. Its exit status: 0 done, or nothing to do; 1 not done.</summary>
    public static Command Create()
    {
        Option<DateTimeOffset> before = new("--before")
        {
            Description = "moves what is older than this time, at least a day ago, such as 2026-01-01T00:00:00Z",
            HelpName = "TIME",
            Required = true,
            CustomParser = result => DateTimeOffset.TryParse(
                result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                ? time
                : Refuse(result),
        };
        Option<string> target = new("--to")
        {
            Description = "the file to write, which must not be there yet",
            HelpName = "FILE",
            Required = true,
        };
        Command command = new("archive-ledger", "moves the beginning of the ledger out of the store, into a file") { before, target };
        command.SetAction((result, cancellationToken) => VerbHost.RunAsync(
            _ => { },
            Undone,
            refused: 1,
            result.InvocationConfiguration.Error,
            host => RunAsync(
                host,
                result.GetRequiredValue(before),
                result.GetRequiredValue(target),
                result.InvocationConfiguration.Output,
                result.InvocationConfiguration.Error,
                cancellationToken)));
        return command;
    }

    /// <summary>Archives the ledger before a time.</summary>
    /// <param name="host">A host of the store and the vault, not started.</param>
    /// <param name="before">The time (UTC).</param>
    /// <param name="target">The file, which must not exist.</param>
    /// <param name="output">Receives what was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, or nothing to do; 1 not done.</returns>
    public static Task<int> RunAsync(
        IHost host, DateTimeOffset before, string target, TextWriter output, TextWriter errors, CancellationToken cancellationToken) =>
        StoreWrite.RunAsync(host, Undone, errors, async services =>
        {
            var archiver = services.GetRequiredService<LedgerArchiver>();
            if (await archiver.FinishAsync(cancellationToken))
            {
                await output.WriteLineAsync("What an earlier run had archived was removed from the store.");
            }

            await output.WriteLineAsync(await archiver.ArchiveAsync(target, before, cancellationToken) is { } archived
                ? $"{archived.Entries} entries and {archived.Checkpoints} checkpoints were moved to {target} (SHA-256 {archived.Sha256}). "
                    + "Keep the file, and copies of it: the store holds them no more."
                : "Nothing in the store is older: nothing was moved.");
        }, cancellationToken);

    private static DateTimeOffset Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is not a time such as 2026-01-01T00:00:00Z.");
        return default;
    }
}
