namespace CodeSigning.Testing;

/// <summary>A database of a test's own; it goes with its server.</summary>
public sealed class PostgreSqlDatabase(PostgreSqlServer server, string name)
{
    /// <summary>The connection string of the service's role, which may only select and call.</summary>
    public string Service => server.ConnectionString(name, PostgreSqlServer.ServiceRole);

    /// <summary>The connection string of the role that owns and migrates the schema.</summary>
    public string Owner => server.ConnectionString(name, PostgreSqlServer.OwnerRole);

    public PostgreSqlServer Server => server;

    public string Name => name;

    /// <summary>Runs SQL as the superuser, whom nothing restrains.</summary>
    public Task ExecuteAsync(string sql) => server.ExecuteAsync(name, sql);

    /// <summary>Asks for one value as the superuser.</summary>
    public Task<object?> AskAsync(string sql) => server.AskAsync(name, sql);

    /// <summary>
    /// Makes the database's clock, by which commits judge, stand at a time; null lets it run again. Production has no such
    /// switch: the owner of the schema replaces the function that reads the clock.
    /// </summary>
    public Task SetClockAsync(DateTimeOffset? time) => ExecuteAsync(
        $"""
        CREATE OR REPLACE FUNCTION codesigning.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
        $$ SELECT {(time is { } fixedTime
            ? $"{fixedTime.ToUnixTimeMilliseconds()}::bigint"
            : "(extract(epoch FROM clock_timestamp()) * 1000)::bigint")} $$
        """);
}
