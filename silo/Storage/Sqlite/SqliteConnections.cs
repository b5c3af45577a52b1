using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Storage.Sqlite;

/// <summary>Opens connections to the SQLite file: pooled ones that only read, and the one that writes.</summary>
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

    /// <summary>Opens the connection that writes; there is one a process.</summary>
    public SqliteConnection OpenWriter()
    {
        SqliteConnection connection = new(_single);
        try
        {
            PrivateFiles.Ensure(_file);
            connection.Open();
            using var command = connection.CreateCommand();
            // 64 MiB of pages in memory: the ledger's indexes are written all over, and a page that is not at hand is read.
            command.CommandText =
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;
                PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
                """;
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
