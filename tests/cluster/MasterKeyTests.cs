using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>The master key is rotated under nodes that sign.</summary>
public sealed class MasterKeyTests
{
    [Fact]
    public async Task Nodes_keep_signing_while_the_master_key_is_rotated()
    {
        using TemporaryDirectory directory = new();
        var file = directory.File("next.key");
        var next = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await File.WriteAllTextAsync(file, next);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("rotated");
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        await using SigningLoad first = new([callers[0]], signer, clients: 8);
        await using SigningLoad second = new([callers[1]], signer, clients: 8);
        await Eventually.Async(() => first.Received.Count >= 100 && second.Received.Count >= 100);

        var (status, output) = await SiloVerb.RunAsync(deployment.Settings(), "rotate-master-key", "--to", file);

        Assert.True(status == 0, output);
        Assert.Contains("keys were sealed under the next master key", output, StringComparison.Ordinal);
        var (atOne, atTwo) = (first.Received.Count, second.Received.Count);
        await Eventually.Async(() => first.Received.Count >= atOne + 100 && second.Received.Count >= atTwo + 100);
        var (later, _) = await deployment.CreateSignerAsync("made-later");
        Assert.NotEmpty(later);
        await first.EndAsync();
        await second.EndAsync();
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(first.Received).Holds(second.Received).IsWhole();
        Assert.Single(ledger.Entries, entry => entry["action"]?.GetValue<string>() == "master-key.rotated");
        Assert.All(deployment.Nodes, node => Assert.Empty(node.Printed("The cluster authority was replaced")));

        var settings = deployment.Settings();
        await using Node previous = new(settings);
        Assert.Equal(78, (await previous.StartInVainAsync()).Status);
        settings["CODESIGNING_MASTER_KEY"] = next;
        await using Node successor = new(settings);
        await successor.StartAsync();
    }
}
