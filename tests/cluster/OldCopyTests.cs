using System.Text.Json.Nodes;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>A server whose store was put back behind its back.</summary>
public sealed class OldCopyTests
{
    [Fact]
    public async Task Old_copy_of_the_store_starts_only_after_acceptance()
    {
        await using var deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1);
        var (node, settings) = (deployment.Nodes[0], deployment.Settings());
        var backup = Path.Combine(deployment.DataDirectory, "backup.db");
        await deployment.CreateIdentityAsync("before");
        await Eventually.HoldsAsync(() => Checkpoint(deployment) > 0);
        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "backup", "--to", backup)).Status);
        var then = Checkpoint(deployment);
        await deployment.CreateIdentityAsync("after");
        await Eventually.HoldsAsync(() => Checkpoint(deployment) > then);
        await node.KillAsync();
        PutBack(deployment, backup);

        var (status, output) = await node.StartInVainAsync();
        Assert.Equal(78, status);
        Assert.Contains("The store is older than what this node has seen", output, StringComparison.Ordinal);
        Assert.Contains("silo accept-older-store", output, StringComparison.Ordinal);
        Assert.Contains("is older than", (await SiloVerb.RunAsync(settings, "check")).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await SiloVerb.RunAsync(settings, "accept-older-store")).Status);
        await node.StartAsync();
        await deployment.SignInAsync();
        var ledger = await LedgerCheck.TakeAsync(deployment.Administrator);
        Assert.Single(ledger.Entries, entry => entry["action"]?.GetValue<string>() == "high-water.accept");
    }

    private static long Checkpoint(Deployment deployment)
    {
        var mark = Path.Combine(deployment.DataDirectory, "high-water");
        return File.Exists(mark) ? JsonNode.Parse(File.ReadAllText(mark))!["checkpoint"]!.GetValue<long>() : 0;
    }

    private static void PutBack(Deployment deployment, string backup)
    {
        var store = Path.Combine(deployment.DataDirectory, "codesigning.db");
        foreach (var log in new[] { "-wal", "-shm" })
        {
            File.Delete(store + log);
        }

        File.Copy(backup, store, overwrite: true);
    }
}
