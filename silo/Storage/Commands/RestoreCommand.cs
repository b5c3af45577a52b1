using CodeSigning.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Storage.Commands;

/// <summary>
/// <c>silo restore --from FILE</c>: puts a backup in place of the SQLite file while the server is stopped. The next start
/// opens a ledger stream of its own, so no number that was given out after the backup is given out again.
/// </summary>
public static class RestoreCommand
{
    /// <summary>Restores the store. A store that is there is kept under another name.</summary>
    /// <returns>The exit status: 0 done, 1 not done, 2 wrong arguments.</returns>
    public static async Task<int> RunAsync(
        StorageOptions storage, IReadOnlyList<string> arguments, TimeProvider time, TextWriter output, TextWriter errors,
        CancellationToken cancellationToken)
    {
        if (arguments is not ["--from", var source])
        {
            await errors.WriteLineAsync("Usage: silo restore --from FILE");
            return 2;
        }

        if (!storage.IsSqlite)
        {
            await errors.WriteLineAsync("The store is PostgreSQL: restore it with pg_restore, then run silo check; see docs/backup.md.");
            return 1;
        }

        try
        {
            await SqliteFile.CheckAsync(source, cancellationToken);
            Directory.CreateDirectory(storage.DataDirectory);
            var arriving = storage.SqliteFile + ".arriving";
            File.Delete(arriving);
            PrivateFile.Create(arriving);
            File.Copy(source, arriving, overwrite: true);
            PrivateFile.Flush(arriving);
            if (File.Exists(storage.SqliteFile))
                await PutAsideAsync(storage.SqliteFile, $"{storage.SqliteFile}.{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}", output, cancellationToken);

            File.Move(arriving, storage.SqliteFile);
            await output.WriteLineAsync(
                "The store was restored. Start the server with the master key of that time, then verify: silo check, and "
                + "silo verify-ledger with a checkpoint that was kept outside. What happened after the backup is lost: sessions and "
                + "secrets ended since then are alive again, and grants have back the uses they made.");
            return 0;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await errors.WriteLineAsync($"Nothing was restored. {exception.Message}");
            return 1;
        }
    }

    // Leaving write-ahead logging folds the log into the file, and fails while anybody else has the file open: a server that
    // went on writing to a file that was moved away would lose all of it.
    private static async Task PutAsideAsync(string file, string aside, TextWriter output, CancellationToken cancellationToken)
    {
        await using (SqliteConnection connection = new(SqliteFile.ConnectionString(file, SqliteOpenMode.ReadWrite)))
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = DELETE";
            command.CommandTimeout = 1;
            if (!await HasLeftAsync(command, cancellationToken))
                throw new IOException("The store is in use: stop the server first.");
        }

        File.Move(file, aside);
        File.Delete(file + "-wal");
        File.Delete(file + "-shm");
        await output.WriteLineAsync($"The store that was there is now {aside}.");
    }

    // A file that is in use shows as the mode not changing, or as an error.
    private static async Task<bool> HasLeftAsync(SqliteCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is "delete";
        }
        catch (SqliteException)
        {
            return false;
        }
    }
}
