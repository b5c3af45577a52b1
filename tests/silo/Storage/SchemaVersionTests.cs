using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>Which server starts on which schema, and who may change it.</summary>
public sealed class SchemaVersionTests : IAsyncLifetime
{
    private static readonly MigrationSeries Series = new("Storage/PostgreSql", "schema_version");
    private static readonly int Newest = Migration.Load(Series.Folder)[^1].Version;

    private PostgreSqlDatabase _database = null!;

    public async Task InitializeAsync() => _database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Node_without_the_owner_starts_on_a_migrated_schema()
    {
        await MigrateAsync(_database.Owner);

        await MigrateAsync(owner: null);
    }

    [Fact]
    public async Task Node_without_the_owner_makes_no_schema()
    {
        var refused = await Assert.ThrowsAsync<SchemaVersionException>(() => MigrateAsync(owner: null));

        Assert.Equal(
            $"The database has no schema yet, and the role {PostgreSqlServer.ServiceRole} may not make one. "
            + "Run 'silo migrate' with CODESIGNING_DB_MIGRATE set, or set it on this node.",
            refused.Message);
    }

    [Fact]
    public async Task Node_without_the_owner_names_the_version_that_it_needs()
    {
        await MigrateAsync(_database.Owner);
        await _database.ExecuteAsync($"DELETE FROM codesigning.schema_version WHERE version = {Newest}");

        var refused = await Assert.ThrowsAsync<SchemaVersionException>(() => MigrateAsync(owner: null));

        Assert.StartsWith($"The database's schema has version {Newest - 1}, and this server needs {Newest}.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Role_without_rights_is_told_of_the_verb()
    {
        await MigrateAsync(_database.Owner);
        await _database.ExecuteAsync($"REVOKE ALL ON ALL TABLES IN SCHEMA codesigning FROM {PostgreSqlServer.ServiceRole}");

        var refused = await Assert.ThrowsAsync<SchemaVersionException>(() => MigrateAsync(owner: null));

        Assert.Contains("may not read the database's schema. Run 'silo migrate'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("works_with", false)]
    [InlineData("works_with + 1", true)]
    [InlineData("NULL", true)]
    public async Task Newer_schema_is_taken_if_it_works_with_this_server(string worksWith, bool isRefused)
    {
        await MigrateAsync(_database.Owner);
        await _database.ExecuteAsync(
            $"""
            INSERT INTO codesigning.schema_version (version, name, works_with)
            SELECT {Newest + 2}, 'of a later release', {worksWith}
            FROM (SELECT {Newest} AS works_with) one
            """);

        foreach (var owner in new[] { _database.Owner, null })
        {
            if (isRefused)
            {
                var refused = await Assert.ThrowsAsync<SchemaVersionException>(() => MigrateAsync(owner));
                Assert.EndsWith($"this server supports at most {Newest}: start a newer server.", refused.Message, StringComparison.Ordinal);
            }
            else
            {
                await MigrateAsync(owner);
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task Newer_file_is_taken_if_it_works_with_this_server(int laterBy, bool isRefused)
    {
        using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        ManualTimeProvider time = new();
        await (await TestNode.StartAsync(database, time)).DisposeAsync();
        var newest = Migration.Load("Storage/Sqlite")[^1].Version;
        await database.ExecuteAsync(
            $"INSERT INTO schema_version (version, name, applied_ms, works_with) VALUES ({newest + 2}, 'of a later release', 0, {newest + laterBy})");

        if (isRefused)
        {
            await Assert.ThrowsAsync<SchemaVersionException>(() => TestNode.StartAsync(database, time));
        }
        else
        {
            await (await TestNode.StartAsync(database, time)).DisposeAsync();
        }
    }

    private Task MigrateAsync(string? owner) => new PostgreSqlMigrator(
        Options.Create(new StorageOptions { Database = _database.Service, Migrate = owner }), [Series], NullLogger<PostgreSqlMigrator>.Instance)
        .MigrateAsync(CancellationToken.None);
}
