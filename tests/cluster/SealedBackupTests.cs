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
            var (status, output) = await SiloVerb.RunAsync(settings, "backup", "--to", backup, "--seal-with", keyFile);
            Assert.True(status == 0, output);
        }

        settings["CODESIGNING_DATA"] = empty;
        settings.Remove("CODESIGNING_MASTER_KEY");
        var (refusedStatus, refused) = await RestoreAltered(settings, backup, keyFile);
        var (restoredStatus, restored) = await SiloVerb.RunAsync(settings, "restore", "--from", backup, "--open-with", keyFile);

        Assert.True(refusedStatus == 1 && refused.Contains("was altered", StringComparison.Ordinal), refused);
        Assert.True(restoredStatus == 0, restored);
        await using var node = await Node.StartAsync(settings);
        using var caller = await Api.SignInAsync(node.Address, identity);
        var signature = await caller.PostAsync(
            $"/api/v1/pki/signers/{signer}/sign",
            new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true });
        Assert.NotEmpty(Api.Text(signature, "signature"));
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
