using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo backup --seal-with</c> and <c>silo restore --open-with</c>: the store and the master key in one encrypted file, from
/// which an empty machine goes on with nothing else but the key of the file.
/// </summary>
internal static class SealedBackupCommand
{
    /// <summary>Makes a sealed backup.</summary>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> BackupAsync(
        NodeSettings settings, string target, string keyFile, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (File.Exists(target))
        {
            await errors.WriteLineAsync($"{target} exists already; nothing was written.");
            return 1;
        }

        try
        {
            using var key = MasterKeySource.ReadKey(keyFile);
            using var masterKey = settings.ToMasterKeySource().ReadStored();
            var isDone = settings.PostgreSql is null
                ? await SealSqliteAsync(settings, target, key, masterKey.Content, errors, cancellationToken)
                : await SealPostgreSqlAsync(settings, target, key, masterKey.Content, cancellationToken);
            if (!isDone)
            {
                return 1;
            }

            PrivateFiles.Flush(target);
            await output.WriteLineAsync($"The store and the master key were sealed in {target}. Keep the key of {keyFile} elsewhere: without it the file is of no use.");
            return 0;
        }
        catch (Exception exception) when (exception is MasterKeyException or SqliteException or InvalidDataException or IOException
            or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"Nothing was backed up. {exception.Message}");
            return 1;
        }
    }

    /// <summary>Restores a sealed backup. A master key that is there already must be the same.</summary>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static async Task<int> RestoreAsync(
        NodeSettings settings, string source, string keyFile, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            using var key = MasterKeySource.ReadKey(keyFile);
            return settings.PostgreSql is null
                ? await OpenSqliteAsync(settings, source, key, output, errors, cancellationToken)
                : await OpenPostgreSqlAsync(settings, source, key, output, errors, cancellationToken);
        }
        catch (Exception exception) when (exception is MasterKeyException or InvalidDataException or IOException or UnauthorizedAccessException
            or StoreUnavailableException)
        {
            await errors.WriteLineAsync($"Nothing was restored. {exception.Message}");
            return 1;
        }
    }

    private static async Task<bool> SealSqliteAsync(
        NodeSettings settings, string target, SecretBytes key, SecretBytes masterKey, TextWriter errors, CancellationToken cancellationToken)
    {
        var storage = settings.ToStorage();
        if (!File.Exists(storage.SqliteFile))
        {
            await errors.WriteLineAsync($"There is no store at {storage.SqliteFile}.");
            return false;
        }

        await using var store = await SqliteSnapshot.TakeAsync(storage.SqliteFile, cancellationToken);
        await WriteAsync(target, file => SealedArchive.WriteAsync(
            file, SealedStore.Sqlite, key, masterKey, store.Content, static () => Task.CompletedTask, cancellationToken));
        return true;
    }

    private static async Task<bool> SealPostgreSqlAsync(
        NodeSettings settings, string target, SecretBytes key, SecretBytes masterKey, CancellationToken cancellationToken)
    {
        await WriteAsync(target, file => PostgreSqlTools.DumpAsync(
            OwnerOf(settings),
            (dump, ensureWhole) => SealedArchive.WriteAsync(
                file, SealedStore.PostgreSqlDump, key, masterKey, dump, ensureWhole, cancellationToken),
            cancellationToken));
        return true;
    }

    private static async Task WriteAsync(string target, Func<FileStream, Task> write)
    {
        PrivateFiles.Create(target);
        try
        {
            await using FileStream file = new(target, FileMode.Open, FileAccess.Write);
            await write(file);
        }
        catch
        {
            File.Delete(target);
            throw;
        }
    }

    private static async Task<int> OpenSqliteAsync(
        NodeSettings settings, string source, SecretBytes key, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var copy = Path.Combine(settings.DataDirectory, "sealed-backup.copy");
        try
        {
            File.Delete(copy);
            PrivateFiles.Create(copy);
            await using (var sealedFile = File.OpenRead(source))
            await using (FileStream store = new(copy, FileMode.Open, FileAccess.Write))
            {
                using var masterKey = await SealedArchive.ReadAsync(sealedFile, SealedStore.Sqlite, key, store, cancellationToken);
                PutMasterKey(settings, masterKey);
            }

            return await RestoreCommand.RunAsync(settings.ToStorage(), copy, TimeProvider.System, output, errors, cancellationToken);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    // The file is read twice, so that a damaged one is refused before the database is touched.
    private static async Task<int> OpenPostgreSqlAsync(
        NodeSettings settings, string source, SecretBytes key, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        await using var sealedFile = File.OpenRead(source);
        using var masterKey = await SealedArchive.ReadAsync(sealedFile, SealedStore.PostgreSqlDump, key, Stream.Null, cancellationToken);
        var owner = OwnerOf(settings);
        if (await HasSchemaAsync(owner, cancellationToken))
        {
            await errors.WriteLineAsync("Nothing was restored. The database is not empty: make an empty one in its place; see docs/backup.md.");
            return 1;
        }

        PutMasterKey(settings, masterKey);
        await PostgreSqlTools.RestoreAsync(
            owner,
            async restore =>
            {
                sealedFile.Position = 0;
                using var again = await SealedArchive.ReadAsync(sealedFile, SealedStore.PostgreSqlDump, key, restore, cancellationToken);
            },
            cancellationToken);
        await output.WriteLineAsync(
            "The store was restored. Verify it before nodes are started: silo check, and silo verify-ledger with a checkpoint that was kept "
            + "outside. What happened after the backup is lost: sessions and secrets ended since then are alive again, and grants have back "
            + "the uses they made. A node that has seen what came after it refuses to start until silo accept-older-store was run.");
        return 0;
    }

    private static string OwnerOf(NodeSettings settings) => settings.PostgreSqlOwner ?? settings.PostgreSql!;

    private static async Task<bool> HasSchemaAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
            await connection.OpenAsync(cancellationToken);
            await using NpgsqlCommand command = new($"SELECT to_regnamespace('{PostgreSqlConnections.Schema}') IS NOT NULL", connection);
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (NpgsqlException reason)
        {
            throw new StoreUnavailableException($"The database cannot be reached: {reason.Message}", reason);
        }
    }

    // A wrapped one is put as it is: who has the backup and its key still needs the HSM.
    private static void PutMasterKey(NodeSettings settings, StoredMasterKey masterKey)
    {
        var source = settings.ToMasterKeySource();
        if (source.Exists)
        {
            using var present = source.ReadStored();
            if (present.Fingerprint != masterKey.Fingerprint)
            {
                throw new MasterKeyException(
                    "The master key here (CODESIGNING_MASTER_KEY, or master.key in the data directory) is not that of the backup: take it away first.");
            }

            return;
        }

        using var file = masterKey.ToFile();
        PrivateFiles.Replace(Path.Combine(settings.DataDirectory, MasterKeySource.FileName), file.Span);
    }
}
