using System.Globalization;
using Xunit.Abstractions;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>
/// One node after the other is replaced under load. tests/cluster/upgrade does so from an earlier commit; here the new release is
/// the same as the old one.
/// </summary>
public sealed class UpgradeTests(ITestOutputHelper output)
{
    private const int Quota = 200;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Nodes_are_replaced_without_a_failure_that_no_retry_mends()
    {
        var before = Environment.GetEnvironmentVariable("CODESIGNING_TEST_UPGRADE_FROM") ?? Node.OfThisBuild;
        await using var cluster = await FaultCluster.StartAsync(count: 2, Deployment.SettingsOfAny, before);
        await using var deployment = await Deployment.OverAsync(cluster.Balancer.Address);
        var (signer, identity) = await deployment.CreateSignerAsync("free");
        using var bound = await deployment.CreatePolicyBoundSignerAsync("bound", Quota);
        using var caller = await Api.SignInAsync(cluster.Balancer.Address, identity);
        using FreeLoad load = new(cluster.Balancer.Address, caller.Token!, signer, clients: 16, TimeSpan.FromMilliseconds(50));
        var (mixedGrant, mixed) = (await bound.GrantAsync(Quota), new Tally());
        using RetryingClient grantee = new(cluster.Balancer.Address, bound.Machine.Token!);
        await load.ReachAsync(100);

        // While old and new run side by side, a grant is used on both.
        var racing = grantee.UseUpAsync(bound.Id, mixed, clients: 8, TimeSpan.FromMilliseconds(500));
        foreach (var node in cluster.Nodes)
        {
            cluster.Hold(node);
            await node.TerminateAsync();
            node.Program = Node.OfThisBuild;
            cluster.LetGo(node);
            await cluster.WaitUntilWholeAsync();
            await load.ReachAsync(200);
        }

        await racing;
        var (newGrant, afterwards) = (await bound.GrantAsync(Quota), new Tally());
        await grantee.UseUpAsync(bound.Id, afterwards, clients: 8, TimeSpan.Zero);
        await load.EndAsync();

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{load.Tally.Operations.Count} signatures, {load.Retries} attempts made again, slowest {load.Tally.Slowest.TotalSeconds:F1} s"));
        Assert.InRange(load.Tally.Slowest, TimeSpan.Zero, LongestWait);
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).IsWhole();
        ledger.HoldsExactly(signer, grant: null, load.Tally.Operations);
        ledger.HoldsExactly(bound.Id, mixedGrant, mixed.Operations);
        ledger.HoldsExactly(bound.Id, newGrant, afterwards.Operations);
        Assert.Equal((Quota, Quota), (mixed.Operations.Count, afterwards.Operations.Count));
    }
}
