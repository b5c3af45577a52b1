using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Npgsql;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>Nodes that start at once over an empty database.</summary>
public sealed class StoreEmptinessTests
{
    [Fact]
    public async Task Store_under_migration_by_another_node_is_checked_afterwards()
    {
        var server = await PostgreSqlServer.SharedAsync();
        var database = await server.CreateDatabaseAsync();
        var other = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Owner) { Pooling = false }.ToString());
        await other.OpenAsync();
        await ExecuteAsync(other, $"SELECT pg_advisory_lock({PostgreSqlMigrator.Lock})");
        await ExecuteAsync(other, "CREATE SCHEMA codesigning; CREATE TABLE codesigning.states (type text)");

        var empty = Task.Run(() => StoreEmptiness.IsEmpty(database.Service));
        while (!empty.IsCompleted && !await IsWaitedForAsync(database))
        {
            await Task.Yield();
        }

        await ExecuteAsync(
            other,
            $"""
            GRANT USAGE ON SCHEMA codesigning TO {PostgreSqlServer.ServiceRole};
            GRANT SELECT ON ALL TABLES IN SCHEMA codesigning TO {PostgreSqlServer.ServiceRole}
            """);
        await other.DisposeAsync();
        Assert.True(await empty);
    }

    private static async Task<bool> IsWaitedForAsync(PostgreSqlDatabase database) =>
        await database.AskAsync(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))") is true;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
