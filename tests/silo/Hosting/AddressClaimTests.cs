using System.Net;
using System.Net.Sockets;
using CodeSigning.Silo.Cluster;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>An address in the cluster is one live node's.</summary>
public sealed class AddressClaimTests : IAsyncLifetime, IDisposable
{
    private static readonly AddressClaimOptions Impatient = new()
    {
        PatienceAtStart = TimeSpan.FromMilliseconds(500),
        PatienceAfterLoss = TimeSpan.FromSeconds(1),
    };

    private readonly IPEndPoint _endpoint = new(IPAddress.Loopback, FreePort.Find());
    private readonly LogLines _log = new();
    private readonly Lifetime _lifetime = new();
    private PostgreSqlDatabase _database = null!;

    public async Task InitializeAsync() => _database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Address_of_a_live_node_is_refused()
    {
        using var first = Claim();
        await first.StartingAsync(CancellationToken.None);
        using var second = Claim();

        var mistake = await Assert.ThrowsAsync<SettingsException>(() => second.StartingAsync(CancellationToken.None));

        Assert.StartsWith($"The address {_endpoint} is in use by another running node", mistake.Message, StringComparison.Ordinal);
        using var elsewhere = Claim(new IPEndPoint(IPAddress.Loopback, FreePort.Find()));
        await elsewhere.StartingAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Address_is_free_once_its_node_is_gone()
    {
        using (var first = Claim())
        {
            await first.StartingAsync(CancellationToken.None);
        }

        using var second = Claim();
        await second.StartingAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Port_of_another_program_is_refused()
    {
        using TcpListener other = new(_endpoint);
        other.Start();
        using var claim = Claim();

        var mistake = await Assert.ThrowsAsync<SettingsException>(() => claim.StartingAsync(CancellationToken.None));

        Assert.StartsWith($"Another program on this machine listens at {_endpoint}", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_of_another_machine_is_refused()
    {
        using var claim = Claim(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 11111));

        var mistake = await Assert.ThrowsAsync<SettingsException>(() => claim.StartingAsync(CancellationToken.None));

        Assert.StartsWith("192.0.2.1 is not an address of this machine", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_restart_does_not_lose_the_address()
    {
        await using var server = await PostgreSqlServer.StartAsync();
        _database = await server.CreateDatabaseAsync();
        using var node = Claim();
        await node.StartingAsync(CancellationToken.None);
        await node.StartAsync(CancellationToken.None);

        await server.KillAsync();
        await _log.WaitForAsync("claiming it again");
        await server.ResumeAsync();

        await TakenAsync();
        await node.StopAsync(CancellationToken.None);
        Assert.False(_lifetime.IsStopped);
    }

    [Fact]
    public async Task Node_that_lost_its_address_to_another_stops()
    {
        using var node = Claim();
        await node.StartingAsync(CancellationToken.None);
        await node.StartAsync(CancellationToken.None);
        await using NpgsqlConnection other = new(_database.Service + ";Pooling=false");
        await other.OpenAsync();
        await using NpgsqlCommand take = new($"SELECT pg_advisory_lock({AddressClaim.KeyOf(_endpoint)})", other);
        var taking = take.ExecuteNonQueryAsync();

        await _database.ExecuteAsync(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'codesigning address' AND datname = current_database()
            """);
        await taking;

        Assert.Equal(LogLevel.Critical, (await _log.WaitForAsync("Another node claimed this node's address")).Level);
        Assert.True(_lifetime.IsStopped);
        Environment.ExitCode = 0;
    }

    private Task TakenAsync() => Eventually.HoldsAsync(async () => await _database.AskAsync(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
        + " AND application_name = 'codesigning address'") is 1L, within: Eventually.Soon);

    private AddressClaim Claim(IPEndPoint? endpoint = null)
    {
        using LoggerFactory logging = new([_log]);
        return new(endpoint ?? _endpoint, _database.Service, Impatient, _lifetime, logging.CreateLogger<AddressClaim>());
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public bool IsStopped { get; private set; }

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => IsStopped = true;
    }
}
