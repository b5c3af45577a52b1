using System.Globalization;
using System.Text;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Settings;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Abuse.Tests;

/// <summary>
/// A server whose signer has 100,000 grants, half of them over, and 1,000,000 signatures. CODESIGNING_STOP_SIGNATURES says
/// how many signatures instead: ten million take ten gigabytes of disk and some minutes.
/// </summary>
public sealed class LongPast : IAsyncLifetime
{
    /// <summary>How many grants the signer has.</summary>
    public const int Grants = 100_000;

    private const int GrantsAtOnce = 500;

    /// <summary>How many signatures the signer has made.</summary>
    public static readonly int Signatures =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_STOP_SIGNATURES"), CultureInfo.InvariantCulture, out var count)
            ? count
            : 1_000_000;

    private Deployment _deployment = null!;

    /// <summary>The signer.</summary>
    public string SignerId { get; private set; } = "";

    /// <summary>The server.</summary>
    internal Node Node => _deployment.Nodes[0];

    internal Deployment Deployment => _deployment;

    /// <summary>An operator of the signer, who made all of its signatures.</summary>
    internal MachineIdentity Operator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1, FloodedServer.Settings);
        (SignerId, Operator) = await _deployment.CreateSignerAsync("release");
        await Node.DisposeAsync();
        await FillAsync(SignerId, Operator.Id);
        await Node.StartAsync();
        await _deployment.SignInAsync();
    }

    public async Task DisposeAsync() => await _deployment.DisposeAsync();

    /// <summary>Gives the signer its past: grants as the product writes them, and entries that only look like some.</summary>
    private async Task FillAsync(string signerId, string grantee)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(_deployment.Settings().Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        builder.AddStore(NodeSettings.Read(builder.Configuration));
        using var host = builder.Build();
        await host.StartAsync();
        var ledger = host.Services.GetRequiredService<ILedger>();
        foreach (var some in Enumerable.Range(0, Grants).Chunk(GrantsAtOnce))
        {
            var writes = some.SelectMany(i => Grant(i, signerId, grantee).Give());
            Assert.IsType<CommitOutcome.Committed>(await ledger.CommitAsync(new LedgerElement { Writes = [.. writes] }, default));
        }

        await host.StopAsync();
        await InsertEntriesAsync(signerId, grantee);
    }

    private static GrantState Grant(int i, string signerId, string grantee) => new()
    {
        Id = $"gnt_{i:d26}",
        SignerId = signerId,
        Grantee = new PrincipalRef(PrincipalKind.Identity, grantee),
        CertificateThumbprint = new string('0', 64),
        WindowStart = DateTimeOffset.UnixEpoch,
        WindowEnd = i % 2 == 0 ? DateTimeOffset.UnixEpoch.AddYears(100) : DateTimeOffset.UnixEpoch.AddYears(10),
        MaxSignings = 10,
        Justification = "release",
    };

    private async Task InsertEntriesAsync(string signerId, string actor)
    {
        var rest = new StringBuilder("\",\"kind\":\"sign\",\"outcome\":\"success\",\"signature\":\"").Append('A', 512).Append("\"}");
        await using var connection = new SqliteConnection($"Data Source={Directory.GetFiles(_deployment.DataDirectory, "*.db")[0]};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            PRAGMA synchronous = OFF;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
            INSERT INTO ledger_entries (stream, number, operation_id, at_ms, kind, outcome, signer_id, actor_id, json)
            SELECT 'str_past', i, printf('op_%026d', i), 1700000000000 + i, 'sign', 'success', @signer, @actor,
                printf('{"operationId":"op_%026d', i) || @rest FROM n;
            """;
        command.Parameters.AddWithValue("@count", Signatures);
        command.Parameters.AddWithValue("@signer", signerId);
        command.Parameters.AddWithValue("@actor", actor);
        command.Parameters.AddWithValue("@rest", rest.ToString());
        await command.ExecuteNonQueryAsync();
    }
}
