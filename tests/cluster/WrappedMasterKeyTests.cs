using System.Net;
using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>Nodes whose master key a token wraps.</summary>
public sealed class WrappedMasterKeyTests : IDisposable
{
    private const int Misconfigured = 78;
    private const int Away = 75;

    private readonly TemporaryDirectory _directory = new();
    private readonly SoftHsm _hsm = new();

    public void Dispose()
    {
        _hsm.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Nodes_need_the_token_at_their_start_only()
    {
        await using var deployment = await StartWrappedAsync(Database.PostgreSql, nodes: 2);
        var (signer, identity) = await deployment.CreateSignerAsync("wrapped");
        var callers = await Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));
        _hsm.TakeAway();

        await Task.WhenAll(callers.Select(caller => SignAsync(caller, signer)));
        await RefuseStartAsync(deployment.Settings(), Away, "the HSM 'soft' is unavailable");

        _hsm.GiveBack();
        await deployment.Nodes[0].KillAsync();
        await deployment.Nodes[0].StartAsync();
        using var again = await Api.SignInAsync(deployment.Nodes[0].Address, identity);
        await SignAsync(again, signer);
    }

    [Fact]
    public async Task Wrong_PIN_is_tried_by_one_start_only()
    {
        await using var deployment = await StartWrappedAsync(Database.Sqlite, nodes: 1);
        await deployment.Nodes[0].KillAsync();
        _hsm.WritePin("wrong-pin");

        await RefuseStartAsync(deployment.Settings(), Misconfigured, "the token refused the PIN,");
        await RefuseStartAsync(deployment.Settings(), Misconfigured, "the token refused this PIN before");
        await RefuseAsync(deployment.Settings(), 2, "the token refused this PIN before", "check");

        _hsm.WritePin(SoftHsm.Pin);
        await deployment.Nodes[0].StartAsync();
    }

    [Fact]
    public async Task Rotation_leads_from_plain_to_wrapped_and_on_to_wrapped()
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2, HsmSettings());
        var (signer, identity) = await deployment.CreateSignerAsync("rotated");
        using var caller = await Api.SignInAsync(deployment.Nodes[1].Address, identity);
        var (first, second) = (_directory.File("first"), _directory.File("second"));
        await SucceedAsync(deployment.Settings(), "wrap-master-key", "--to", first);
        await SucceedAsync(deployment.Settings(), "wrap-master-key", "--to", second, "--key", "another");

        await SucceedAsync(deployment.Settings(), "rotate-master-key", "--to", first);
        await SignAsync(caller, signer);
        await RefuseStartAsync(deployment.Settings(), Misconfigured, "The master key is not the one of this store.");
        var wrapped = WithMasterKey(deployment.Settings(), first);
        await RefuseAsync(wrapped, 1, "exists already", "wrap-master-key", "--to", first);
        await SucceedAsync(wrapped, "rotate-master-key", "--to", second);
        await SignAsync(caller, signer);

        await RefuseStartAsync(wrapped, Misconfigured, "The master key is not the one of this store.");
        await using var successor = await Node.StartAsync(WithMasterKey(deployment.Settings(), second));
        using var later = await Api.SignInAsync(successor.Address, identity);
        await SignAsync(later, signer);
    }

    [Fact]
    public async Task Wrapping_does_not_change_the_master_key_of_a_store()
    {
        var (first, second) = (_directory.File("first"), _directory.File("second"));
        await using var deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1, HsmSettings());
        var own = Path.Combine(deployment.DataDirectory, "master.key");
        await deployment.Nodes[0].KillAsync();

        await SucceedAsync(deployment.Settings(), "wrap-master-key", "--from", own, "--to", first);
        await SucceedAsync(deployment.Settings(), "wrap-master-key", "--from", first, "--to", second, "--key", "another");

        foreach (var file in new[] { first, second })
        {
            await SucceedAsync(WithMasterKey(deployment.Settings(), file), "check");
        }

        _hsm.RemoveSecretKey("codesigning-master-key");
        await SucceedAsync(WithMasterKey(deployment.Settings(), second), "check");
        await RefuseAsync(WithMasterKey(deployment.Settings(), first), 2, "does not show the key 'codesigning-master-key'", "check");
    }

    [Fact]
    public async Task Sealed_backup_needs_no_token_and_its_restored_store_does()
    {
        var (keyFile, backup) = (_directory.File("backup.key"), _directory.File("backup.sealed"));
        await File.WriteAllTextAsync(keyFile, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Dictionary<string, string> settings;
        string signer;
        MachineIdentity identity;
        await using (var deployment = await StartWrappedAsync(Database.Sqlite, nodes: 1))
        {
            (signer, identity) = await deployment.CreateSignerAsync("restored");
            settings = deployment.Settings();
            _hsm.TakeAway();
            await SucceedAsync(settings, "backup", "--to", backup, "--seal-with", keyFile);
        }

        settings["CODESIGNING_DATA"] = _directory.File("empty");
        await SucceedAsync(settings, "restore", "--from", backup, "--open-with", keyFile);

        await RefuseStartAsync(settings, Away, "the HSM 'soft' is unavailable");
        _hsm.GiveBack();
        await SucceedAsync(settings, "restore", "--from", backup, "--open-with", keyFile);
        await using var node = await Node.StartAsync(settings);
        using var caller = await Api.SignInAsync(node.Address, identity);
        await SignAsync(caller, signer);
    }

    private async Task<Deployment> StartWrappedAsync(Database database, int nodes)
    {
        var file = _directory.File("master.key");
        var settings = HsmSettings();
        await SucceedAsync(new Dictionary<string, string>(settings) { ["CODESIGNING_DATA"] = _directory.File("ceremony") }, "wrap-master-key", "--to", file);
        settings["CODESIGNING_MASTER_KEY"] = "file:" + file;
        settings["CODESIGNING_MASTER_KEY_HSM"] = "soft";
        return await Deployment.StartAsync(database, nodes, settings);
    }

    private Dictionary<string, string> HsmSettings() => new()
    {
        ["CODESIGNING_HSM"] = _hsm.SettingsFile,
        [SoftHsm.Configuration] = _hsm.ConfigurationFile,
    };

    private static Dictionary<string, string> WithMasterKey(Dictionary<string, string> settings, string file) => new(settings)
    {
        ["CODESIGNING_MASTER_KEY"] = "file:" + file,
        ["CODESIGNING_MASTER_KEY_HSM"] = "soft",
    };

    private static async Task SignAsync(Api caller, string signer)
    {
        var (status, body) = await caller.SignAsync(signer, RandomNumberGenerator.GetBytes(32), "ECDSA_SHA256");
        Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
    }

    private static async Task SucceedAsync(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var (status, output) = await SiloVerb.RunAsync(settings, arguments);
        Assert.True(status == 0, output);
    }

    private static async Task RefuseAsync(
        IReadOnlyDictionary<string, string> settings, int expected, string reason, params string[] arguments)
    {
        var (status, output) = await SiloVerb.RunAsync(settings, arguments);
        Assert.True(status == expected && output.Contains(reason, StringComparison.Ordinal), $"{status}: {output}");
    }

    private static async Task RefuseStartAsync(IReadOnlyDictionary<string, string> settings, int expected, string reason)
    {
        await using Node node = new(settings);
        var (status, output) = await node.StartInVainAsync();
        Assert.True(status == expected && output.Contains(reason, StringComparison.Ordinal), $"{status}: {output}");
    }
}
