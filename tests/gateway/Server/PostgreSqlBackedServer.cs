using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Server;

/// <summary>A server whose store is a database of its own on the tests' PostgreSQL.</summary>
public sealed class PostgreSqlBackedServer : IAsyncLifetime
{
    public CodeSigningServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        Server = await CodeSigningServer.StartAsync($"--CODESIGNING_DB={database.Service}", $"--CODESIGNING_DB_MIGRATE={database.Owner}");
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
