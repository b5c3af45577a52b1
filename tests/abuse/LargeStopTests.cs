using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Silo.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace CodeSigning.Abuse.Tests;

/// <summary>
/// The emergency stop of a signer with 100,000 grants, half of them over, and 1,000,000 signatures.
/// CODESIGNING_STOP_SIGNATURES says how many signatures instead: ten million take ten gigabytes of disk and some minutes.
/// </summary>
public sealed class LargeStopTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Grants = 100_000;
    private const int GrantsAtOnce = 500;
    private const long MostMemory = 300L * 1024 * 1024;
    private static readonly TimeSpan FirstEffect = TimeSpan.FromSeconds(1);

    private static readonly int Signatures =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_STOP_SIGNATURES"), CultureInfo.InvariantCulture, out var count)
            ? count
            : 1_000_000;

    private Deployment _deployment = null!;

    public async Task InitializeAsync() => _deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1);

    public async Task DisposeAsync() => await _deployment.DisposeAsync();

    [Fact]
    public async Task Stop_of_a_signer_with_a_long_past_takes_effect_at_once()
    {
        var (signerId, machine) = await _deployment.CreateSignerAsync("release");
        var node = _deployment.Nodes[0];
        await node.DisposeAsync();
        await FillAsync(signerId, machine.Id);
        await node.StartAsync();
        await _deployment.SignInAsync();
        using var operators = await Api.SignInAsync(node.Address, machine);
        Assert.Equal(HttpStatusCode.OK, (await SignAsync(operators, signerId)).Status);

        var asked = Stopwatch.GetTimestamp();
        var stopping = StopAsync(node.Address, signerId);
        while ((await SignAsync(operators, signerId)).Status == HttpStatusCode.OK)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        var effect = Stopwatch.GetElapsedTime(asked);
        var (revoked, listed) = await stopping;
        output.WriteLine(
            $"First effect after {effect.TotalMilliseconds:f0} ms, whole answer after {Stopwatch.GetElapsedTime(asked).TotalSeconds:f1} s, "
            + $"{node.PeakMemory / 1024 / 1024} MiB at most.");
        Assert.InRange(effect, TimeSpan.Zero, FirstEffect);
        Assert.Equal(Grants / 2, revoked);
        Assert.InRange(listed, Signatures + 1, Signatures + 1000);
        Assert.InRange(node.PeakMemory, 0, MostMemory);
    }

    private static Task<(HttpStatusCode Status, System.Text.Json.Nodes.JsonObject Body)> SignAsync(Api api, string signerId) =>
        api.SignAsync(signerId, new byte[32], "ECDSA_SHA256");

    /// <summary>Stops it, and counts what the answer lists as it comes.</summary>
    private async Task<(int Revoked, int Listed)> StopAsync(Uri server, string signerId)
    {
        using var client = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _deployment.Administrator.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/pki/signers/{signerId}/stop")
        {
            Content = JsonContent.Create(new { reason = "stolen" }),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync();
        return await CountAsync(body);
    }

    // A grant's id has its prefix in quotes only where grants are listed; each entry begins with its operation's id.
    private static async Task<(int Revoked, int Listed)> CountAsync(Stream body)
    {
        var (revoked, listed) = (0, 0);
        var buffer = new byte[1 << 20];
        var kept = 0;
        while (await body.ReadAsync(buffer.AsMemory(kept)) is var read and > 0)
        {
            var text = buffer.AsSpan(0, kept + read);
            var end = text.LastIndexOf((byte)',') + 1;
            revoked += text[..end].Count("\"gnt_"u8);
            listed += text[..end].Count("{\"operationId\""u8);
            text[end..].CopyTo(buffer);
            kept = text.Length - end;
        }

        return (revoked + buffer.AsSpan(0, kept).Count("\"gnt_"u8), listed + buffer.AsSpan(0, kept).Count("{\"operationId\""u8));
    }

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
