using CodeSigning.Silo.Cluster;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>Servers beside one another, on one machine or in one database server, that are none of each other's business.</summary>
public sealed class NeighbourTests
{
    [Fact]
    public async Task Two_single_nodes_on_one_machine_stay_separate()
    {
        await using var here = await Deployment.StartAsync(Database.Sqlite, nodes: 1);
        await using var there = await Deployment.StartAsync(Database.Sqlite, nodes: 1);

        await AssertSignsAsync(here, "here");
        await AssertSignsAsync(there, "there");

        foreach (var node in here.Nodes.Concat(there.Nodes))
        {
            Assert.Empty(node.Printed("refused"));
            Assert.Empty(node.Printed("given up"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clusters_whose_members_name_each_other_stay_separate(bool isRestoredCopy)
    {
        var server = await PostgreSqlServer.SharedAsync();
        await using var here = await Deployment.StartAsync(Database.PostgreSql, nodes: 1);
        await AssertSignsAsync(here, "before");
        await here.Nodes[0].KillAsync();
        await using var there = isRestoredCopy
            ? await Deployment.StartAsync(
                await server.CopyDatabaseAsync(here.PostgreSql!), nodes: 1, Path.Combine(here.DataDirectory, "master.key"))
            : await Deployment.StartAsync(Database.PostgreSql, nodes: 1);
        await there.Nodes[0].KillAsync();
        await NameAsync(here, there.Nodes[0]);
        await NameAsync(there, here.Nodes[0]);

        await Task.WhenAll(here.Nodes[0].StartAsync(), there.Nodes[0].StartAsync());

        await Eventually.HoldsAsync(() => Strangers(here) > 0 && Strangers(there) > 0);
        await AssertSignsAsync(here, "here");
        await AssertSignsAsync(there, "there");
        Assert.Equal(1L, await CountMembersAsync(here));
        Assert.Equal(1L, await CountMembersAsync(there));
    }

    [Fact]
    public async Task Address_of_live_node_is_refused_and_free_after_kill()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 1);
        var first = deployment.Nodes[0];
        await using Node second = new(deployment.Settings()) { Silo = first.Silo };

        var (status, output) = await second.StartInVainAsync();

        Assert.Equal(78, status);
        Assert.Contains($"The address {first.Silo} is in use by another running node", output, StringComparison.Ordinal);
        await AssertSignsAsync(deployment, "still");
        await first.KillAsync();
        await second.StartAsync();
        await second.KillAsync();
        await first.StartAsync();
        await deployment.SignInAsync();
        await AssertSignsAsync(deployment, "again");
    }

    [Fact]
    public async Task Second_server_on_one_SQLite_store_is_refused()
    {
        await using var deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1);
        await using Node second = new(deployment.Settings());

        var (status, output) = await second.StartInVainAsync();

        Assert.Equal(78, status);
        Assert.Contains($"The store in {deployment.DataDirectory} is in use by another process: stop the server first.", output, StringComparison.Ordinal);
        await AssertSignsAsync(deployment, "still");
        await deployment.Nodes[0].KillAsync();
        await second.StartAsync();
    }

    [Fact]
    public async Task Verbs_that_write_require_a_stopped_server()
    {
        await using var deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1);
        var settings = deployment.Settings();
        var backup = Path.Combine(deployment.DataDirectory, "backup.db");
        await AssertSignsAsync(deployment, "before");

        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "check")).Status);
        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "backup", "--to", backup)).Status);
        foreach (var verb in (string[][])[["restore", "--from", backup], ["accept-older-store"], ["replace-cluster-authority"]])
        {
            var (status, output) = await SiloVerb.RunAsync(settings, verb);
            Assert.Equal(1, status);
            Assert.EndsWith("is in use by another process: stop the server first.", output.TrimEnd(), StringComparison.Ordinal);
        }

        await deployment.Nodes[0].KillAsync();
        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "restore", "--from", backup)).Status);
        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "accept-older-store")).Status);
        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "replace-cluster-authority")).Status);
        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "check")).Status);
        await deployment.Nodes[0].StartAsync();
        await deployment.SignInAsync();
        await AssertSignsAsync(deployment, "after");
    }

    private static async Task AssertSignsAsync(Deployment deployment, string name)
    {
        var (signer, identity) = await deployment.CreateSignerAsync(name);
        await using SigningLoad load = new([await Api.SignInAsync(deployment.Nodes[0].Address, identity)], signer, clients: 4);
        await Eventually.HoldsAsync(() => load.Received.Count >= 50);
    }

    // Each attempt to connect, on the side that made it or on the one that heard of it.
    private static int Strangers(Deployment deployment) =>
        deployment.Nodes.Sum(node => node.Printed("given up").Count + node.Printed("was refused").Count);

    // As a member that is joining (2): it is told of changes, and no grain is looked for there.
    private static Task NameAsync(Deployment deployment, Node neighbour) => deployment.PostgreSql!.ExecuteAsync(
        $"""
        SET search_path = codesigning;
        UPDATE cluster_versions SET version = version + 1;
        INSERT INTO cluster_members (cluster, address, port, generation, name, host, proxy_port, status, started_at, alive_at)
            SELECT cluster, '{neighbour.Silo.Address}', {neighbour.Silo.Port}, 1, 'neighbour', 'neighbour', 0, 2, now(), now()
            FROM cluster_versions
        """);

    // 3 is Orleans' number of a member that is active.
    private static Task<object?> CountMembersAsync(Deployment deployment) => deployment.PostgreSql!.AskAsync(
        $"""
        SELECT count(*) FROM codesigning.cluster_members
        WHERE status = 3 AND cluster = '{ClusterIdentity.Of(deployment.PostgreSql.Service)}'
        """);
}
