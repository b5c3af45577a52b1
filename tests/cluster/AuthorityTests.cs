using System.Diagnostics;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>Nodes take each other for nodes by the authority in their store.</summary>
public sealed class AuthorityTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Node_with_another_master_key_cannot_join()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 1);
        var settings = deployment.Settings();
        settings["CODESIGNING_MASTER_KEY"] = Convert.ToBase64String(new byte[32]);
        await using Node stranger = new(settings);

        var (status, output) = await stranger.StartInVainAsync();

        Assert.Equal(78, status);
        Assert.Contains("The master key is not the one of this store.", output, StringComparison.Ordinal);
        Assert.Empty(deployment.Nodes[0].Printed("refused"));
    }

    [Fact]
    public async Task Live_nodes_keep_signing_when_their_authority_is_replaced()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("replaced");
        using var leaked = await LeakedAuthority.TakeAsync(deployment);
        await using var atFirst = await leaked.CallAsync(deployment.Nodes[0].Silo);
        await using var atSecond = await leaked.CallAsync(deployment.Nodes[1].Silo);
        Assert.True(await atFirst.ReadAsync() > 0);
        Assert.True(await atSecond.ReadAsync() > 0);
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        await using SigningLoad first = new([callers[0]], signer, clients: 8);
        await using SigningLoad second = new([callers[1]], signer, clients: 8);
        await Eventually.HoldsAsync(() => first.Received.Count >= 100 && second.Received.Count >= 100);

        var (status, output) = await SiloVerb.RunAsync(deployment.Settings(), "replace-cluster-authority");
        Assert.True(status == 0, output);

        // Who holds the old key is out, on connections that it had and on new ones.
        var since = Stopwatch.StartNew();
        await Task.WhenAll(atFirst.WaitForEndAsync(), atSecond.WaitForEndAsync());
        Assert.True(since.Elapsed < Bound, $"It took {since.Elapsed}.");
        foreach (var node in deployment.Nodes)
        {
            await using var late = await leaked.CallAsync(node.Silo);
            Assert.Equal(0, await late.ReadAsync());
            await Eventually.HoldsAsync(() => node.Printed($"A connection from {late.Address}").Count == 1);
        }

        var (atOne, atTwo) = (first.Received.Count, second.Received.Count);
        await Eventually.HoldsAsync(() => first.Received.Count >= atOne + 200 && second.Received.Count >= atTwo + 200);
        await first.EndAsync();
        await second.EndAsync();
        using var successor = await LeakedAuthority.TakeAsync(deployment);
        await using var peer = await successor.CallAsync(deployment.Nodes[0].Silo);
        Assert.True(await peer.ReadAsync() > 0);
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(first.Received).Holds(second.Received).IsWhole();
        Assert.Single(ledger.Entries, entry => entry["action"]?.GetValue<string>() == "cluster-authority.replace");
        Assert.All(deployment.Nodes, node => Assert.False(node.HasEnded));
    }
}
