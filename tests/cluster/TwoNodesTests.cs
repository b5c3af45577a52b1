using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

public sealed class TwoNodesTests
{
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(20);
    private static readonly string[] RefusedAfterTheStop = ["SignerDisabled", "Unavailable"];

    [Fact]
    public async Task Processes_with_shared_signers_write_no_duplicates_and_no_gaps()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("shared");
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        await using var load = new SigningLoad(callers, signer, clients: 64);

        await Eventually.HoldsAsync(() => load.Received.Count >= 2000);
        await load.EndAsync();

        Assert.Empty(load.Refused);
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(load.Received).IsWhole();
        Assert.Equal(2, ledger.Signatures(signer).Select(entry => entry["stream"]!.GetValue<string>()).Distinct().Count());
    }

    [Fact]
    public async Task Suspended_process_signs_nothing_after_its_signer_was_disabled()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("zombie");
        var sleeper = deployment.Nodes[1];
        await using var load = new SigningLoad([await Api.SignInAsync(sleeper.Address, identity)], signer, clients: 32);
        await Eventually.HoldsAsync(() => load.Received.Count >= 200);

        sleeper.Stop();
        await deployment.Administrator.PatchUntilTakenAsync($"/api/v1/pki/signers/{signer}/status", new { status = "disabled" });
        var signedBefore = (await LedgerCheck.TakeAsync(deployment.Administrator)).Signatures(signer).Count();
        await Task.Delay(Stopped);
        sleeper.Wake();
        // On Orleans the others have declared it dead meanwhile, and it ends when it hears of that.
        await Eventually.HoldsAsync(() => sleeper.HasEnded || load.Refused.Count(code => code == "SignerDisabled") >= 32);
        await load.EndAsync();

        // What had waited for its commit across the stop is told that nothing was decided.
        Assert.All(load.Refused, code => Assert.Contains(code, RefusedAfterTheStop));
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(load.Received).IsWhole();
        Assert.Equal(signedBefore, ledger.Signatures(signer).Count());
    }
}
