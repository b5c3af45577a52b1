using System.Globalization;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Storage.Sqlite;

/// <summary>An SQLite file that is not the running store's.</summary>
internal static class SqliteFile
{
    public static string ConnectionString(string path, SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = false,
    }.ToString();

    /// <summary>Checks that a file is a sound database with a schema that this version knows.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        await using SqliteConnection connection = new(ConnectionString(path, SqliteOpenMode.ReadOnly));
        await connection.OpenAsync(cancellationToken);
        if (await ReadAsync(connection, "PRAGMA integrity_check", cancellationToken) is not "ok")
        {
            throw new InvalidDataException($"{path} is damaged.");
        }

        if (await ReadAsync(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'", cancellationToken) is not 1L)
        {
            throw new InvalidDataException($"{path} is not a store of this product.");
        }

        var version = await ReadAsync(connection, "SELECT max(version) FROM schema_version", cancellationToken);
        if (Convert.ToInt32(version, CultureInfo.InvariantCulture) > Migration.Load("Storage/Sqlite")[^1].Version)
        {
            throw new InvalidDataException($"{path} was written by a newer version of the server.");
        }
    }

    private static async Task<object?> ReadAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
