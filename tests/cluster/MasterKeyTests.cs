using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>The master key is rotated under nodes that sign.</summary>
public sealed class MasterKeyTests
{
    // Keys are sealed in batches of 50.
    private const int MoreThanOneBatch = 60;

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
        await Eventually.HoldsAsync(() => first.Received.Count >= 100 && second.Received.Count >= 100);

        var (status, output) = await SiloVerb.RunAsync(deployment.Settings(), "rotate-master-key", "--to", file);

        Assert.True(status == 0, output);
        Assert.Contains("keys were sealed under the next master key", output, StringComparison.Ordinal);
        var (atOne, atTwo) = (first.Received.Count, second.Received.Count);
        await Eventually.HoldsAsync(() => first.Received.Count >= atOne + 100 && second.Received.Count >= atTwo + 100);
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

    [Fact]
    public async Task Rotation_killed_half_way_goes_on_when_repeated()
    {
        using TemporaryDirectory directory = new();
        var file = directory.File("next.key");
        await File.WriteAllTextAsync(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("killed");
        await CreateKeysAsync(deployment.Administrator, MoreThanOneBatch);
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        await using SigningLoad first = new([callers[0]], signer, clients: 4);
        await using SigningLoad second = new([callers[1]], signer, clients: 4);
        async Task SignOnBothNodesAsync()
        {
            var (atOne, atTwo) = (first.Received.Count, second.Received.Count);
            await Eventually.HoldsAsync(() => first.Received.Count >= atOne + 50 && second.Received.Count >= atTwo + 50);
        }

        // Before the nodes have heard of it, while a repetition waits, and between two batches of keys.
        foreach (var (place, later) in new[]
        {
            ("Nodes are hearing", TimeSpan.Zero), ("A rotation that was begun goes on", TimeSpan.FromSeconds(3)),
            ("keys were sealed under the next master key.", TimeSpan.Zero),
        })
        {
            var (wasKilled, said) = await SiloVerb.KillWhenItSaysAsync(deployment.Settings(), place, later, "rotate-master-key", "--to", file);
            Assert.True(wasKilled, said);
            await SignOnBothNodesAsync();
        }

        var (status, output) = await SiloVerb.RunAsync(deployment.Settings(), "rotate-master-key", "--to", file);

        Assert.True(status == 0, output);
        await SignOnBothNodesAsync();
        await first.EndAsync();
        await second.EndAsync();
        Assert.All(first.Refused.Concat(second.Refused), code => Assert.Equal("Unavailable", code));
        var ledger = (await LedgerCheck.TakeAsync(deployment.Administrator)).Holds(first.Received).Holds(second.Received).IsWhole();
        Assert.Single(ledger.Entries, entry => entry["action"]?.GetValue<string>() == "master-key.rotate");
        Assert.Single(ledger.Entries, entry => entry["action"]?.GetValue<string>() == "master-key.rotated");
        var settings = deployment.Settings();
        settings["CODESIGNING_MASTER_KEY"] = "file:" + file;
        await using var successor = await Node.StartAsync(settings);
        using var caller = await Api.SignInAsync(successor.Address, identity);
        var (signed, body) = await caller.SignAsync(signer, RandomNumberGenerator.GetBytes(32), "ECDSA_SHA256");
        Assert.True(signed == System.Net.HttpStatusCode.OK, body.ToJsonString());
    }

    private static async Task CreateKeysAsync(Api administrator, int count)
    {
        var ca = await administrator.PostAsync("/api/v1/pki/ca", new { commonName = "Many", keyAlgorithm = "EC_P256", ttlDays = 365 });
        for (var number = 0; number < count; number++)
        {
            await administrator.PostAsync(
                "/api/v1/pki/certificates",
                new { caId = Api.Text(ca, "id"), commonName = $"Key {number}", keyAlgorithm = "EC_P256", ttlDays = 30 });
        }
    }
}
