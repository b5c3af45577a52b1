using System.CommandLine;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo migrate</c>: makes or changes the schema of a PostgreSQL store ahead of a start, so that the password of the role
/// that owns it need not be on every node. Nodes may run meanwhile.
/// </summary>
internal static class MigrateCommand
{
    /// <summary>The verb. Its exit status: 0 done, 2 there is nothing to migrate by a verb.</summary>
    public static Command Create()
    {
        Command command = new("migrate", "makes or changes the schema of a PostgreSQL store, so that nodes need not");
        command.SetAction((result, cancellationToken) =>
            RunAsync(result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (VerbHost.ReadStorage() is not { IsSqlite: false, Migrate: not null })
        {
            await errors.WriteLineAsync(
                "Nothing was migrated. A PostgreSQL store is named by CODESIGNING_DB, and the role that owns its schema by "
                + "CODESIGNING_DB_MIGRATE; an SQLite store is migrated by each start.");
            return CommandLine.Misused;
        }

        return await VerbHost.RunAsync(_ => { }, async host =>
        {
            await host.Services.GetRequiredService<IMigrator>().MigrateAsync(cancellationToken);
            await output.WriteLineAsync("The schema is that of this version, and the service's role may use it.");
            return 0;
        });
    }
}
