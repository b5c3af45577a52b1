using System.CommandLine;
using CodeSigning.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo restore --from FILE</c>: puts a backup in place of the SQLite file while the server is stopped. The next start
/// opens a ledger stream of its own, so no number that was given out after the backup is given out again.
/// </summary>
internal static class RestoreCommand
{
    private static readonly string[] Logs = ["-wal", "-shm"];

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<string> source = new("--from")
        {
            Description = "the copy that 'backup' made",
            HelpName = "FILE",
            Required = true,
        };
        Option<string> key = new("--open-with")
        {
            Description = "the key that a sealed copy was made with",
            HelpName = "KEYFILE",
        };
        Command command = new("restore", "puts a copy in place of the store while the server is stopped") { source, key };
        command.SetAction((result, cancellationToken) =>
        {
            var (file, output, errors) =
                (result.GetRequiredValue(source), result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            var settings = VerbHost.ReadSettings();
            return result.GetValue(key) is { } keyFile
                ? SealedBackupCommand.RestoreAsync(settings, file, keyFile, output, errors, cancellationToken)
                : RunAsync(settings.ToStorage(), file, TimeProvider.System, output, errors, cancellationToken);
        });
        return command;
    }

    /// <summary>Restores the store. A store that is there is kept under another name.</summary>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> RunAsync(
        StorageOptions storage, string source, TimeProvider time, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (!storage.IsSqlite)
        {
            await errors.WriteLineAsync("The store is PostgreSQL: restore a sealed copy with --open-with, or a dump with pg_restore, then run silo check; see docs/backup.md.");
            return 1;
        }

        return await StoreWrite.RunAsync(storage, "Nothing was restored.", errors, () => RestoreAsync(storage, source, time, output, cancellationToken));
    }

    private static async Task RestoreAsync(
        StorageOptions storage, string source, TimeProvider time, TextWriter output, CancellationToken cancellationToken)
    {
        await SqliteFile.CheckAsync(source, cancellationToken);
        var arriving = storage.SqliteFile + ".arriving";
        File.Delete(arriving);
        PrivateFiles.Copy(source, arriving);
        if (await IsInUseAsync(storage.SqliteFile, cancellationToken))
        {
            throw new IOException("The store is in use: stop the server first.");
        }

        var aside = FindFreeName($"{storage.SqliteFile}.{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}");
        var isAside = PutInPlace(arriving, storage.SqliteFile, aside);
        foreach (var file in Logs.Select(log => aside + log).Append(aside))
        {
            PrivateFiles.Close(file);
        }

        if (isAside)
        {
            await output.WriteLineAsync($"The store that was there is now {aside}.");
        }

        await output.WriteLineAsync(
            "The store was restored. Start the server with the master key of that time, then verify: silo check, and "
            + "silo verify-ledger with a checkpoint that was kept outside. What happened after the backup is lost: sessions and "
            + "secrets ended since then are alive again, and grants have back the uses they made. A server that has seen what came "
            + $"after it (its mark is {storage.HighWaterPath}) refuses to start until silo accept-older-store was run.");
    }

    // Leaving write-ahead logging folds the log into the file, and fails while anybody else has the file open: a server that
    // went on writing to a file that was moved away would lose all of it. A file in use shows as the mode not changing, or as
    // a lock; any other error is a damage, which is what restoring is for.
    private static async Task<bool> IsInUseAsync(string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
        {
            return false;
        }

        await using SqliteConnection connection = new(SqliteFile.ConnectionString(file, SqliteOpenMode.ReadWrite));
        try
        {
            await connection.OpenAsync(cancellationToken);
            LeaveLogOnClose(connection);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = DELETE";
            command.CommandTimeout = 1;
            return await command.ExecuteScalarAsync(cancellationToken) is not "delete";
        }
        catch (SqliteException exception)
        {
            return exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED;
        }
    }

    // Closing a damaged store would play its log into it, or remove the log, and nothing could be saved from it by hand.
    private static void LeaveLogOnClose(SqliteConnection connection) =>
        _ = SQLitePCL.raw.sqlite3_db_config(connection.Handle, SQLitePCL.raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);

    // Two restores may follow each other within a second, and neither may cost the other the store that it put aside.
    private static string FindFreeName(string name)
    {
        var free = name;
        for (var count = 2; Logs.Append("").Any(log => File.Exists(free + log)); count++)
        {
            free = $"{name}.{count}";
        }

        return free;
    }

    // The logs go first: one that lay beside the arriving store would be played into it. The store's own name always leads to
    // a store, since a start that found none would begin an empty one.
    private static bool PutInPlace(string arriving, string file, string aside)
    {
        foreach (var log in Logs.Where(log => File.Exists(file + log)))
        {
            File.Move(file + log, aside + log);
        }

        if (!File.Exists(file))
        {
            File.Move(arriving, file);
            return false;
        }

        File.Replace(arriving, file, aside);
        return true;
    }
}
