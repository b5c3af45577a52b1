using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

public sealed class CrashTests
{
    private const int Kills = 20;

    [Theory]
    [InlineData(Database.Sqlite)]
    [InlineData(Database.PostgreSql)]
    public async Task Ledger_of_killed_process_holds_every_signature_that_clients_received(Database database)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes: 1);
        var (signer, identity) = await deployment.CreateSignerAsync("crash");
        var node = deployment.Nodes[0];
        await using var load = new SigningLoad([await Api.SignInAsync(node.Address, identity)], signer, clients: 16);

        for (var kill = 0; kill < Kills; kill++)
        {
            var before = load.Received.Count;
            await Eventually.HoldsAsync(() => load.Received.Count >= before + 50);
            await node.KillAsync();
            await node.StartAsync();
        }

        await load.EndAsync();
        (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(load.Received).IsWhole();
    }

    [Fact]
    public async Task Nodes_killed_in_turn_leave_one_intact_ledger()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("crash-two");
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        await using var load = new SigningLoad(callers, signer, clients: 32);

        for (var kill = 0; kill < Kills / 4; kill++)
        {
            var before = load.Received.Count;
            await Eventually.HoldsAsync(() => load.Received.Count >= before + 100);
            var node = deployment.Nodes[kill % 2];
            await node.KillAsync();
            await node.StartAsync();
        }

        await load.EndAsync();
        (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(load.Received).IsWhole();
    }
}
