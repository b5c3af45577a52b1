using System.CommandLine;
using CodeSigning.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Commands;

/// <summary><c>silo backup --to FILE</c>: a consistent copy of the SQLite file while the server runs; see docs/backup.md.</summary>
internal static class BackupCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<string> target = new("--to")
        {
            Description = "the file to write, which must not be there yet",
            HelpName = "FILE",
            Required = true,
        };
        Option<string> key = new("--seal-with")
        {
            Description = "a file with base64 of 32 random bytes: the store, SQLite or PostgreSQL, and the master key are encrypted together",
            HelpName = "KEYFILE",
        };
        Command command = new("backup", "copies the store while the server runs") { target, key };
        command.SetAction((result, cancellationToken) =>
        {
            var (file, output, errors) =
                (result.GetRequiredValue(target), result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            var settings = VerbHost.ReadSettings();
            return result.GetValue(key) is { } keyFile
                ? SealedBackupCommand.BackupAsync(settings, file, keyFile, output, errors, cancellationToken)
                : RunAsync(settings.ToStorage(), file, output, errors, cancellationToken);
        });
        return command;
    }

    /// <summary>Copies the store.</summary>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> RunAsync(
        StorageOptions storage, string target, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (!storage.IsSqlite)
        {
            await errors.WriteLineAsync("The store is PostgreSQL: seal it with --seal-with, or back it up with pg_dump --format=custom; see docs/backup.md.");
            return 1;
        }

        if (!File.Exists(storage.SqliteFile) || File.Exists(target))
        {
            await errors.WriteLineAsync(File.Exists(target) ? $"{target} exists already; nothing was written." : $"There is no store at {storage.SqliteFile}.");
            return 1;
        }

        try
        {
            await CopyAsync(storage.SqliteFile, target, cancellationToken);
            await output.WriteLineAsync($"The store was copied to {target}. Keep the master key elsewhere: without it the copy is of no use.");
            return 0;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            File.Delete(target);
            await errors.WriteLineAsync($"The store was not copied. {exception.Message}");
            return 1;
        }
    }

    // VACUUM INTO reads in one transaction, so writers go on meanwhile and the copy is of one moment.
    private static async Task CopyAsync(string source, string target, CancellationToken cancellationToken)
    {
        PrivateFiles.Create(target);
        await using (SqliteConnection connection = new(SqliteFile.ConnectionString(source, SqliteOpenMode.ReadOnly)))
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "VACUUM INTO $target";
            command.Parameters.AddWithValue("$target", target);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await SqliteFile.CheckAsync(target, cancellationToken);
        PrivateFiles.Flush(target);
    }
}
