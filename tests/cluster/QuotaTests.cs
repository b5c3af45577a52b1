using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>A grant of a hundred yields a hundred signatures, whoever races for it and whatever dies meanwhile.</summary>
public sealed class QuotaTests
{
    private const int Quota = 100;
    private const int Clients = 64;
    private const int Attempts = 1000;
    private static readonly string[] SpentCodes = ["GrantExhausted", "ApprovalRequired"];

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Racing_clients_get_exactly_the_signatures_of_their_grant(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        var (signer, identity, grant) = await deployment.CreateGrantAsync("quota", Quota);
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        var codes = new ConcurrentQueue<string>();
        var left = Attempts;

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var (status, body) = await callers[client % callers.Length]
                    .SignAsync(signer, RandomNumberGenerator.GetBytes(32), "ECDSA_SHA256");
                codes.Enqueue(status == HttpStatusCode.OK ? "signed" : Api.Text(body, "code"));
            }
        })));

        Assert.Equal(Quota, codes.Count(code => code == "signed"));
        Assert.All(codes.Where(code => code != "signed"), code => Assert.Contains(code, SpentCodes));
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).IsWhole();
        AssertUses(ledger, signer, grant, Quota);
        Assert.Equal(Attempts - Quota, Denials(ledger, signer));
    }

    [Theory]
    [InlineData(Database.Sqlite)]
    [InlineData(Database.PostgreSql)]
    public async Task Process_killed_ten_times_never_exceeds_the_grant(Database database)
    {
        const int kills = 10;
        await using var deployment = await Deployment.StartAsync(database, nodes: 1);
        var (signer, identity, grant) = await deployment.CreateGrantAsync("quota-crash", Quota);
        var node = deployment.Nodes[0];
        await using var load = new SigningLoad([await Api.SignInAsync(node.Address, identity)], signer, clients: 4);
        for (var kill = 1; kill <= kills; kill++)
        {
            var share = Math.Min(kill * Quota / kills, Quota - 1);
            await Eventually.HoldsAsync(() => load.Received.Count >= share || load.Refused.Count > 0);
            await node.KillAsync();
            await node.StartAsync();
        }

        await Eventually.HoldsAsync(() => load.Refused.Contains("GrantExhausted") || load.Refused.Contains("ApprovalRequired"));
        await load.EndAsync();

        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(load.Received).IsWhole();
        AssertUses(ledger, signer, grant, Quota);
    }

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Emergency_stop_lists_every_signature_ever_made(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        var (signer, identity, _) = await deployment.CreateGrantAsync("stop", Quota * Quota);
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        await using var load = new SigningLoad(callers, signer, clients: 32);
        await Eventually.HoldsAsync(() => load.Received.Count >= 200);

        var report = await deployment.Administrator.PostAsync($"/api/v1/pki/signers/{signer}/stop", new { reason = "suspect code" });
        await Eventually.HoldsAsync(() => load.Refused.Count >= 32);
        await load.EndAsync();

        var listed = report["signatures"]!.AsArray().Select(entry => entry!["operationId"]!.GetValue<string>()).ToHashSet();
        string[] missing = [.. load.Received.Where(id => !listed.Contains(id))];
        Assert.Empty(missing);
        var ledger = await LedgerCheck.TakeAsync(deployment.Administrator);
        Assert.Equal(listed.Count, ledger.Signatures(signer).Count());
        Assert.Single(report["revokedGrants"]!.AsArray());
    }

    private static void AssertUses(LedgerCheck ledger, string signer, string grant, int quota)
    {
        var uses = ledger.Signatures(signer)
            .Where(entry => entry["grantId"]!.GetValue<string>() == grant)
            .Select(entry => entry["use"]!.GetValue<long>())
            .Order();
        Assert.Equal(Enumerable.Range(1, quota).Select(use => (long)use), uses);
    }

    private static int Denials(LedgerCheck ledger, string signer) => ledger.Entries
        .Where(entry => entry["outcome"]!.GetValue<string>() == "denied" && entry["signerId"]?.GetValue<string>() == signer)
        .Sum(entry => entry["count"]?.GetValue<int>() ?? 1);
}
