using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>A server whose ledger somebody changed under its feet: it can never write again, and another process can.</summary>
public sealed class BrokenLedgerTests : IAsyncLifetime
{
    private readonly int _exitCode = Environment.ExitCode;
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync("--Logging:LogLevel:Default=None");

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Environment.ExitCode = _exitCode;
    }

    [Fact]
    public async Task Server_with_a_broken_ledger_is_unhealthy_and_ends()
    {
        var (nobody, administrator) = (_server.AsNobody(), await _server.AsAdministratorAsync());
        (await nobody.GetAsync("/healthz")).Succeeded();
        await CloseStreamsAsync();

        (await administrator.PostAsync("/api/v1/groups", new { name = "builders" })).Refused(503, "Unavailable");

        var health = await nobody.GetAsync("/healthz");
        Assert.Equal((503, "unavailable"), (health.Status, health.Text("status")));
        Assert.Equal(503, (await nobody.GetAsync("/readyz")).Status);
        var stopping = _server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Eventually.HoldsAsync(() => stopping.IsCancellationRequested);
        Assert.Equal(70, Environment.ExitCode);
    }

    private async Task CloseStreamsAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_server.DataDirectory, "codesigning.db")};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE ledger_streams SET closed_ms = 1";
        await command.ExecuteNonQueryAsync();
    }
}
