using Npgsql;

namespace CodeSigning.Cluster.Tests;

/// <summary>What nodes on Orleans keep in the database about one another.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task Cluster_forms_in_tables_that_its_role_cannot_write()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        await using var service = await ConnectAsync(deployment);

        // 3 is Orleans' number of a member that is active.
        Assert.Equal(2L, await AskAsync(service, "SELECT count(*) FROM cluster_members WHERE status = 3"));
        Assert.Equal(0L, await AskAsync(
            service,
            """
            SELECT count(*) FROM pg_class
            WHERE relnamespace = 'codesigning'::regnamespace AND relkind IN ('r', 'v')
                AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            """));
    }

    [Fact]
    public async Task Membership_change_requires_the_latest_version()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 1);
        await using var service = await ConnectAsync(deployment);
        const string read =
            """
            SELECT version || ' ' || string_agg(status::text, ' ') FROM cluster_versions JOIN cluster_members USING (cluster)
            WHERE cluster = 'test' GROUP BY version
            """;

        Assert.Equal(true, await AskAsync(service, "SELECT found_cluster('test')"));
        Assert.Equal(false, await AskAsync(service, "SELECT found_cluster('test')"));
        Assert.Equal(false, await AddAsync(service, version: 1));
        Assert.Equal(true, await AddAsync(service, version: 0));
        Assert.Equal(false, await AddAsync(service, version: 0));
        await Assert.ThrowsAsync<PostgresException>(() => AddAsync(service, version: 1));
        Assert.Equal("1 1", await AskAsync(service, read));

        Assert.Equal(false, await ChangeAsync(service, version: 0, port: 1));
        await Assert.ThrowsAsync<PostgresException>(() => ChangeAsync(service, version: 1, port: 2));
        Assert.Equal("1 1", await AskAsync(service, read));
        Assert.Equal(true, await ChangeAsync(service, version: 1, port: 1));
        Assert.Equal("2 3", await AskAsync(service, read));
    }

    private static Task<object?> AddAsync(NpgsqlConnection connection, int version) => AskAsync(
        connection, $"SELECT add_cluster_member('test', {version}, '127.0.0.1', 1, 1, 'name', 'host', 0, 1, now(), now())");

    private static Task<object?> ChangeAsync(NpgsqlConnection connection, int version, int port) => AskAsync(
        connection, $"SELECT change_cluster_member('test', {version}, '127.0.0.1', {port}, 1, 3, NULL, now())");

    private static async Task<NpgsqlConnection> ConnectAsync(Deployment deployment)
    {
        NpgsqlConnectionStringBuilder service = new(deployment.PostgreSql!.Service) { SearchPath = "codesigning", Pooling = false };
        NpgsqlConnection connection = new(service.ToString());
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<object?> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
