using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Storage;

/// <summary>Opens connections to the SQLite file: pooled read-only ones and the single writing one.</summary>
internal sealed class SqliteConnections : IReadConnections, IDisposable
{
    private readonly string _file;
    private readonly string _pooled;
    private readonly string _single;

    public SqliteConnections(IOptions<StorageOptions> options)
    {
        _file = options.Value.SqliteFile;
        PrivateFiles.CreateDirectory(options.Value.DataDirectory);
        SqliteConnectionStringBuilder builder = new()
        {
            DataSource = options.Value.SqliteFile,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = 10,
            Pooling = true,
        };
        _pooled = builder.ToString();
        builder.Pooling = false;
        _single = builder.ToString();
    }

    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        SqliteConnection connection = new(_pooled);
        try
        {
            PrivateFiles.Ensure(_file);
            await connection.OpenAsync(cancellationToken);
            await ExecuteAsync(connection, "PRAGMA query_only = ON", cancellationToken);
            return connection;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            throw Translate(exception);
        }
    }

    /// <summary>Opens the writing connection; one per process.</summary>
    public SqliteConnection OpenWriter() => OpenUnpooled(
        // What is deleted, such as a sealed key, is overwritten. A page cache of 64 MiB: writes to the ledger's indexes are scattered, and
        // uncached pages must be read first. SqliteCheckpoints copies the log long before SQLite does so within a commit.
        """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;
        PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 32000; PRAGMA journal_size_limit = 67108864;
        """);

    /// <summary>Opens a connection that copies the write-ahead log into the file.</summary>
    public SqliteConnection OpenForCheckpoint() => OpenUnpooled("PRAGMA synchronous = FULL");

    private SqliteConnection OpenUnpooled(string pragmas)
    {
        SqliteConnection connection = new(_single);
        try
        {
            PrivateFiles.Ensure(_file);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = pragmas;
            command.ExecuteNonQuery();
            return connection;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw Translate(exception);
        }
    }

    public void ForgetPooled()
    {
        using SqliteConnection connection = new(_pooled);
        SqliteConnection.ClearPool(connection);
    }

    public void Dispose() => ForgetPooled();

    public Exception Translate(Exception exception) => exception is SqliteException sqlite ? SqliteFaults.Translate(sqlite) : exception;

    private static async Task ExecuteAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Access to SQLite files other than the running store.</summary>
internal static class SqliteFile
{
    public static string ConnectionString(string path, SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = false,
    }.ToString();

    /// <summary>Checks that a file is an intact database with a supported schema.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or its schema is not supported.</exception>
    public static async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        await using SqliteConnection connection = new(ConnectionString(path, SqliteOpenMode.ReadOnly));
        await connection.OpenAsync(cancellationToken);
        if (await ReadAsync(connection, "PRAGMA integrity_check", cancellationToken) is not "ok")
        {
            throw new InvalidDataException($"The SQLite file {path} is damaged: restore it from a backup.");
        }

        if (await ReadAsync(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'", cancellationToken) is not 1L)
        {
            throw new InvalidDataException($"The SQLite file {path} is not a store of this product.");
        }

        var version = await ReadAsync(connection, "SELECT max(version) FROM schema_version", cancellationToken);
        if (Convert.ToInt32(version, CultureInfo.InvariantCulture) > Migration.Load("Storage/Sqlite")[^1].Version)
        {
            throw new InvalidDataException($"The SQLite file {path} was written by a newer version of the server: use that version.");
        }
    }

    private static async Task<object?> ReadAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
