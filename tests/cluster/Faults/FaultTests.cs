using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>
/// Whatever happens to a node, a network, the database or its disk: what clients hold is in the ledger once, quotas are exact, and
/// whoever retries is not kept waiting. tests/cluster/faults runs it for as many faults as are asked for.
/// </summary>
public sealed partial class FaultTests(ITestOutputHelper output)
{
    private const int Nodes = 3;
    private const int FreeClients = 48;
    private const int GrantClients = 16;
    private const int ModuleThreads = 8;
    private const int Quota = 300;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Beyond the time that the database itself was away, in which nothing can be signed.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    // Three seconds of draining, six for what is under way, and room for the process to end.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(12);

    private enum Fault
    {
        Kill,
        Terminate,
        Freeze,
        CutFromDatabase,
        CutFromPeers,
        DatabaseCrash,
        DiskFull,
    }

    [Fact]
    public async Task Cluster_loses_no_signature_to_any_fault()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("CODESIGNING_TEST_FAULTS") ?? "7", CultureInfo.InvariantCulture);
        var faults = Environment.GetEnvironmentVariable("CODESIGNING_TEST_FAULT") is { } one ? [Enum.Parse<Fault>(one)] : Enum.GetValues<Fault>();
        await using var cluster = await FaultCluster.StartAsync(Nodes, Deployment.SettingsOfAny);
        try
        {
            await WithstandAsync(cluster, faults, rounds);
        }
        catch (Exception failed) when (CauseOf(failed, cluster) is { Length: > 0 } cause)
        {
            throw new InvalidOperationException($"{failed.Message}\n{cause}", failed);
        }
    }

    private async Task WithstandAsync(FaultCluster cluster, Fault[] faults, int rounds)
    {
        await using var deployment = await Deployment.OverAsync(cluster.Balancer.Address);
        var (freeSigner, freeOperator) = await deployment.CreateSignerAsync("free");
        var (moduleSigner, moduleOperator) = await deployment.CreateSignerAsync("module");
        using var bound = await deployment.CreatePolicyBoundSignerAsync("bound", Quota);
        using var module = await ModuleLoad.StartAsync(cluster.Balancer.Address, "module", moduleOperator, ModuleThreads);
        using FreeLoad load = new(cluster.Balancer.Address, await TokenAsync(cluster, freeOperator), freeSigner, FreeClients, Pause);
        Dictionary<string, Tally> grants = [];
        var longestAway = TimeSpan.Zero;

        for (var round = 0; round < rounds; round++)
        {
            var fault = faults[round % faults.Length];
            var began = Stopwatch.GetTimestamp();
            var before = load.Tally.Operations.Count;
            var grant = await bound.GrantAsync(Quota);
            Tally tally = new();
            grants.Add(grant, tally);
            using RetryingClient grantee = new(cluster.Balancer.Address, await TokenAsync(cluster, bound.Grantee));
            var racing = grantee.UseUpAsync(bound.Id, tally, GrantClients, 2 * Pause);
            var (told, away) = await StrikeAsync(cluster, fault, cluster.Nodes[round % Nodes]);
            longestAway = away > longestAway ? away : longestAway;
            await racing;
            var slowest = load.Tally.TakeSlowest();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{round + 1,2}. {fault,-16} node {(round % Nodes) + 1}: {Stopwatch.GetElapsedTime(began).TotalSeconds,5:F1} s, {load.Tally.Operations.Count - before,6} free, {tally.Operations.Count} of {Quota} granted, slowest {slowest.TotalSeconds:F1} s and {tally.Slowest.TotalSeconds:F1} s{told}"));
            Assert.Equal(Quota, tally.Operations.Count);
            Assert.InRange(slowest, TimeSpan.Zero, LongestWait + away);
            Assert.InRange(tally.Slowest, TimeSpan.Zero, LongestWait + away);
        }

        await load.EndAsync();
        var (moduleSignatures, moduleSlowest) = await module.EndAsync();
        output.WriteLine($"The module signed {moduleSignatures} times, slowest {moduleSlowest.TotalSeconds:F1} s; {load.Retries} attempts were made again.");
        Assert.InRange(moduleSlowest, TimeSpan.Zero, LongestWait + longestAway);
        await cluster.WaitUntilWholeAsync();
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).IsWhole();
        ledger.HoldsExactly(freeSigner, grant: null, load.Tally.Operations);
        Assert.Equal(moduleSignatures, ledger.Signatures(moduleSigner).Count());
        foreach (var (grant, tally) in grants)
        {
            ledger.HoldsExactly(bound.Id, grant, tally.Operations);
        }
    }

    /// <summary>What the nodes' logs have under the id of an answer.</summary>
    private static string CauseOf(Exception failed, FaultCluster cluster) => string.Join(
        '\n',
        from id in ErrorId().Matches(failed.Message)
        from node in cluster.Nodes
        from line in node.OutputOf(id.Groups[1].Value)
        select line);

    [GeneratedRegex("\"errorId\":\"([^\"]+)\"")]
    private static partial Regex ErrorId();

    private static async Task<string> TokenAsync(FaultCluster cluster, MachineIdentity identity)
    {
        using var api = await Api.SignInAsync(cluster.Balancer.Address, identity);
        return api.Token!;
    }

    /// <returns>What else is to be told, and how long the database was away.</returns>
    private static async Task<(string Told, TimeSpan Away)> StrikeAsync(FaultCluster cluster, Fault fault, Node node)
    {
        await Task.Delay(TimeSpan.FromSeconds(1));
        var number = cluster.Nodes.ToList().IndexOf(node) + 1;
        var (told, away) = ("", TimeSpan.Zero);
        switch (fault)
        {
            case Fault.Kill:
                await node.KillAsync();
                break;
            case Fault.Terminate:
                told = await TerminateAsync(cluster, node);
                break;
            case Fault.Freeze:
                node.Stop();
                await Task.Delay(TimeSpan.FromSeconds(30));
                node.Wake();
                break;
            case Fault.CutFromDatabase:
                await CutAsync(cluster, NodeNetwork.Network.Data, number, TimeSpan.FromSeconds(15));
                break;
            case Fault.CutFromPeers:
                await CutAsync(cluster, NodeNetwork.Network.Peers, number, TimeSpan.FromSeconds(20));
                break;
            case Fault.DatabaseCrash:
                (told, away) = await CrashAsync(cluster);
                break;
            case Fault.DiskFull:
                (told, away) = await FillAsync(cluster);
                break;
        }

        await cluster.WaitUntilWholeAsync();
        return (told, away);
    }

    private static async Task<string> TerminateAsync(FaultCluster cluster, Node node)
    {
        cluster.Hold(node);
        var (status, took) = await node.TerminateAsync();
        cluster.LetGo(node);
        Assert.True(status == 0, $"The node ended with {status}. It printed:\n{node.Output()}");
        Assert.InRange(took, TimeSpan.Zero, LongestStop);
        return string.Create(CultureInfo.InvariantCulture, $"; it stopped in {took.TotalSeconds:F1} s");
    }

    private static async Task CutAsync(FaultCluster cluster, NodeNetwork.Network network, int node, TimeSpan time)
    {
        await cluster.Network.CutAsync(network, node);
        await Task.Delay(time);
        await cluster.Network.MendAsync(network, node);
    }

    private static async Task<(string Told, TimeSpan Away)> CrashAsync(FaultCluster cluster)
    {
        var began = Stopwatch.GetTimestamp();
        await cluster.Server.KillAsync();
        await cluster.Server.ResumeAsync();
        var away = Stopwatch.GetElapsedTime(began);
        return (string.Create(CultureInfo.InvariantCulture, $"; PostgreSQL was away for {away.TotalSeconds:F1} s"), away);
    }

    private static async Task<(string Told, TimeSpan Away)> FillAsync(FaultCluster cluster)
    {
        var began = Stopwatch.GetTimestamp();
        await cluster.Disk.FillAsync();
        await Task.Delay(TimeSpan.FromSeconds(4));
        cluster.Disk.Free();
        if (!cluster.Server.HasEnded)
        {
            return ("", Stopwatch.GetElapsedTime(began));
        }

        await cluster.Server.ResumeAsync();
        return ("; PostgreSQL had ended and was started again", Stopwatch.GetElapsedTime(began));
    }
}
