using System.Collections.Concurrent;
using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>A sealed backup is all that an empty machine needs.</summary>
public sealed class SealedBackupTests
{
    [Fact]
    public async Task Empty_machine_signs_after_a_sealed_restore()
    {
        using TemporaryDirectory directory = new();
        var (keyFile, backup, empty) = (directory.File("backup.key"), directory.File("backup.sealed"), directory.File("empty"));
        await File.WriteAllTextAsync(keyFile, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Dictionary<string, string> settings;
        string signer;
        MachineIdentity identity;
        await using (var deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1))
        {
            (signer, identity) = await deployment.CreateSignerAsync("restored");
            settings = new Dictionary<string, string>(deployment.Settings());
            using var writing = await Api.SignInAsync(deployment.Nodes[0].Address, identity);
            await using SigningLoad load = new([writing], signer, clients: 2);
            await Eventually.HoldsAsync(() => load.Received.Count >= 20);
            using FileSystemWatcher watcher = new(directory.Path) { EnableRaisingEvents = true };
            ConcurrentBag<string> made = [];
            watcher.Created += (_, file) => made.Add(file.Name!);
            await SucceedAsync(settings, "backup", "--to", backup, "--seal-with", keyFile);
            var signed = load.Received.Count;
            await Eventually.HoldsAsync(() => load.Received.Count >= signed + 20);
            await load.EndAsync();
            await Eventually.HoldsAsync(() => !made.IsEmpty);
            Assert.Equal([Path.GetFileName(backup)], made);
        }

        settings["CODESIGNING_DATA"] = empty;
        settings.Remove("CODESIGNING_MASTER_KEY");
        var (refusedStatus, refused) = await RestoreAltered(settings, backup, keyFile);
        var (restoredStatus, restored) = await SiloVerb.RunAsync(settings, "restore", "--from", backup, "--open-with", keyFile);

        Assert.True(refusedStatus == 1 && refused.Contains("was altered", StringComparison.Ordinal), refused);
        Assert.True(restoredStatus == 0, restored);
        await SucceedAsync(settings, "check");
        await using var node = await Node.StartAsync(settings);
        using var caller = await Api.SignInAsync(node.Address, identity);
        var signature = await caller.PostAsync(
            $"/api/v1/pki/signers/{signer}/sign",
            new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true });
        Assert.NotEmpty(Api.Text(signature, "signature"));
    }

    [Fact]
    public async Task Empty_PostgreSQL_signs_after_a_sealed_restore()
    {
        using TemporaryDirectory directory = new();
        var (keyFile, backup) = (directory.File("backup.key"), directory.File("backup.sealed"));
        await File.WriteAllTextAsync(keyFile, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 1);
        var (signer, identity) = await deployment.CreateSignerAsync("restored");
        using var caller = await Api.SignInAsync(deployment.Nodes[0].Address, identity);
        await using (SigningLoad load = new([caller], signer, clients: 2))
        {
            await Eventually.HoldsAsync(() => load.Received.Count >= 20);
            await SucceedAsync(deployment.Settings(), "backup", "--to", backup, "--seal-with", keyFile);
        }

        await deployment.Nodes[0].KillAsync();
        var database = await deployment.PostgreSql!.Server.CreateDatabaseAsync();
        var settings = new Dictionary<string, string>(deployment.Settings())
        {
            ["CODESIGNING_DATA"] = directory.File("empty"),
            ["CODESIGNING_DB"] = database.Service,
            ["CODESIGNING_DB_MIGRATE"] = database.Owner,
        };
        settings.Remove("CODESIGNING_MASTER_KEY");
        string[] restore = ["restore", "--from", backup, "--open-with", keyFile];

        Assert.Equal([Path.GetFileName(keyFile), Path.GetFileName(backup)], Directory.GetFiles(directory.Path).Select(Path.GetFileName).Order());
        Refuse(await RestoreAltered(settings, backup, keyFile), "was altered");
        Refuse(await RestoreCut(settings, backup, keyFile), "cut off");
        Assert.Equal(0L, await database.AskAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'codesigning'"));
        await SucceedAsync(settings, restore);
        Refuse(await SiloVerb.RunAsync(settings, restore), "is not empty");
        await SucceedAsync(settings, "check");

        await using var node = await Node.StartAsync(settings);
        using var again = await Api.SignInAsync(node.Address, identity);
        var (status, body) = await again.SignAsync(signer, new byte[32], "ECDSA_SHA256");
        Assert.True(status == System.Net.HttpStatusCode.OK, body.ToJsonString());
    }

    private static async Task SucceedAsync(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var (status, output) = await SiloVerb.RunAsync(settings, arguments);
        Assert.True(status == 0, output);
    }

    private static void Refuse((int Status, string Output) outcome, string reason) =>
        Assert.True(outcome.Status == 1 && outcome.Output.Contains(reason, StringComparison.Ordinal), outcome.Output);

    // Without its last chunk, and so of whole chunks: what is missing shows by the associated data alone.
    private static async Task<(int Status, string Output)> RestoreCut(
        Dictionary<string, string> settings, string backup, string keyFile)
    {
        var whole = await File.ReadAllBytesAsync(backup);
        var (place, last) = (4 + 32, 0);
        while (place < whole.Length)
        {
            last = place;
            place += 4 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(whole.AsSpan(place)) + 16;
        }

        await File.WriteAllBytesAsync(backup + ".cut", whole[..last]);
        return await SiloVerb.RunAsync(settings, "restore", "--from", backup + ".cut", "--open-with", keyFile);
    }

    private static async Task<(int Status, string Output)> RestoreAltered(
        Dictionary<string, string> settings, string backup, string keyFile)
    {
        var altered = await File.ReadAllBytesAsync(backup);
        altered[^1] ^= 1;
        await File.WriteAllBytesAsync(backup + ".altered", altered);
        return await SiloVerb.RunAsync(settings, "restore", "--from", backup + ".altered", "--open-with", keyFile);
    }
}
