using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>The cluster of deploy/local-cluster, whose database has a synchronous standby.</summary>
public sealed class PromotionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Promoted_standby_has_every_signature_that_was_released()
    {
        await using var cluster = await LocalCluster.UpAsync();
        await using var deployment = await Deployment.OverAsync(cluster.Address, "admin@localhost", cluster.AdministratorPassword);
        var (signer, identity) = await deployment.CreateSignerAsync("release");
        using var caller = await Api.SignInAsync(cluster.Address, identity);
        using FreeLoad load = new(cluster.Address, caller.Token!, signer, clients: 16, TimeSpan.FromMilliseconds(20));
        await load.ReachAsync(200);

        var began = Stopwatch.GetTimestamp();
        await cluster.DoAsync("promote");
        var promoted = Stopwatch.GetElapsedTime(began);
        await load.ReachAsync(200);
        var slowest = load.Tally.TakeSlowest();
        await cluster.DoAsync("rejoin");
        await load.ReachAsync(200);
        await load.EndAsync();

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{load.Tally.Operations.Count} signatures, promoted in {promoted.TotalSeconds:F1} s, slowest {slowest.TotalSeconds:F1} s, {load.Retries} attempts made again"));
        Assert.InRange(slowest, TimeSpan.Zero, LongestWait);
        Assert.Contains("primary, its standby is sync and streaming", await cluster.DoAsync("status"), StringComparison.Ordinal);
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).IsWhole();
        ledger.HoldsExactly(signer, grant: null, load.Tally.Operations);
    }
}
