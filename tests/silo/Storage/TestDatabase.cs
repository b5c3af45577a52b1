using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>A database of a test's own, with a door for changing it by hand.</summary>
internal sealed class TestDatabase : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PostgreSqlDatabase? _postgreSql;

    private TestDatabase(DatabaseKind kind, PostgreSqlDatabase? postgreSql)
    {
        Kind = kind;
        _postgreSql = postgreSql;
        Options = new StorageOptions
        {
            Database = postgreSql?.Service ?? "sqlite",
            Migrate = postgreSql?.Owner,
            DataDirectory = _directory.Path,
        };
    }

    public DatabaseKind Kind { get; }

    public StorageOptions Options { get; }

    public PostgreSqlDatabase PostgreSql => _postgreSql ?? throw new InvalidOperationException("This is SQLite.");

    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind) => new(
        kind,
        kind is DatabaseKind.PostgreSql ? await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync() : null);

    /// <summary>A database that the test made itself.</summary>
    public static TestDatabase Over(PostgreSqlDatabase database) => new(DatabaseKind.PostgreSql, database);

    /// <summary>Runs SQL as somebody who has the whole database in hand.</summary>
    public async Task ExecuteAsync(string sql)
    {
        if (_postgreSql is not null)
        {
            await _postgreSql.ExecuteAsync("SET search_path = codesigning;" + sql);
            return;
        }

        await using SqliteConnection connection = new($"Data Source={Options.SqliteFile};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Makes the clock that commits judge by show a time; on SQLite that is the node's own.</summary>
    public Task SetClockAsync(DateTimeOffset time) => _postgreSql?.SetClockAsync(time) ?? Task.CompletedTask;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }
}
