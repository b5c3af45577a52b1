using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Memory;

/// <summary>What a dump of a gateway's memory gives away.</summary>
public sealed class MemoryTests
{
    private const string Imports = "/api/v1/pki/certificates/import";

    [Fact]
    public async Task Dump_holds_no_private_key_after_its_eviction()
    {
        using ImportedKey rsaFile = new("RSA in PKCS#12", RSA.Create(3072)), ecFile = new("EC in PKCS#12", CreateEc());
        using ImportedKey rsaPem = new("RSA in PEM", RSA.Create(2048)), ecPem = new("EC in PEM", CreateEc());
        using ImportedKey encrypted = new("RSA in encrypted PEM", RSA.Create(2048));
        ImportedKey[] imported = [rsaFile, ecFile, rsaPem, ecPem, encrypted];
        await using var deployment = await StartAsync(idleKeysOpen: "2s");
        List<(string Id, string Algorithm)> signers = [];
        foreach (var (key, body) in imported.Zip(
            [rsaFile.ToPkcs12(), ecFile.ToPkcs12(), rsaPem.ToPem(), ecPem.ToPem(), encrypted.ToEncryptedPem()]))
        {
            signers.Add((await CreateSignerAsync(deployment.Administrator, $"imported-{signers.Count}", body), key.Algorithm));
        }

        signers.Add(((await deployment.CreateSignerAsync("generated-rsa", "RSA_2048")).SignerId, "RSASSA_PSS_SHA256"));
        signers.Add(((await deployment.CreateSignerAsync("generated-ec", "EC_P256")).SignerId, "ECDSA_SHA256"));
        using StoredKeys stored = new(deployment.DataDirectory);
        Secret[] secrets = [.. imported.SelectMany(key => key.Secrets), .. stored.Secrets, .. MasterKeyOf(deployment)];
        await SignAsync(deployment.Administrator, signers);

        var open = Scan(deployment.Nodes[0], secrets);

        Assert.All(stored.Names, name => Assert.Contains(open, found => found.StartsWith(name, StringComparison.Ordinal)));
        foreach (var (id, _) in signers)
        {
            await deployment.Administrator.PatchAsync($"/api/v1/pki/signers/{id}/status", new { status = "disabled" });
        }

        await UntilGoneAsync(deployment.Nodes[0], secrets);
    }

    [Fact]
    public async Task Dump_holds_no_destroyed_and_no_refused_key()
    {
        using ImportedKey destroyed = new("destroyed", RSA.Create(2048)), stranger = new("stranger", CreateEc());
        using ImportedKey wrongCertificate = new("of another certificate", RSA.Create(2048)), wrongPassword = new("of a wrong password", CreateEc());
        await using var deployment = await StartAsync(idleKeysOpen: "1h");
        var administrator = deployment.Administrator;
        var certificate = await administrator.PostAsync(Imports, destroyed.ToPkcs12());
        var id = Api.Text(certificate, "id");
        var signer = await administrator.PostAsync("/api/v1/pki/signers", new { name = "destroyed", certificateId = id });
        await SignAsync(administrator, [(Api.Text(signer, "id"), destroyed.Algorithm)]);
        Secret[] secrets = [.. new[] { destroyed, wrongCertificate, wrongPassword }.SelectMany(key => key.Secrets)];
        Assert.Contains(Scan(deployment.Nodes[0], secrets), found => found.StartsWith("destroyed", StringComparison.Ordinal));

        await administrator.PostAsync($"/api/v1/pki/certificates/{id}/key/destruction", new { reason = "It is not used." });
        var (_, password) = await deployment.CreatePersonAsync("second@example.com", "admin");
        using var second = await Api.SignInAsync(deployment.Nodes[0].Address, "second@example.com", password);
        await second.PostAsync($"/api/v1/pki/certificates/{id}/key/destruction/confirm", new { });
        foreach (var refused in new[] { wrongCertificate.ToPem(certificateOf: stranger), wrongPassword.ToEncryptedPem("not the password") })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await administrator.TryPostAsync(Imports, refused)).Status);
        }

        await UntilGoneAsync(deployment.Nodes[0], secrets);
    }

    [Fact]
    public async Task Dump_holds_nothing_of_imports_with_a_wrong_field()
    {
        using ImportedKey file = new("in PKCS#12", CreateEc()), pem = new("in PEM", RSA.Create(2048)), encrypted = new("encrypted", CreateEc());
        await using var deployment = await StartAsync(idleKeysOpen: "1h");
        var pkcs12 = JsonSerializer.SerializeToNode(file.ToPkcs12())!.AsObject();
        var text = pkcs12["pkcs12"]!.GetValue<string>();
        Secret[] secrets =
        [
            .. new[] { file, pem, encrypted }.SelectMany(key => key.Secrets), .. Secret.OfText("PKCS#12 as base64", text.Substring(200, 40)),
            .. Secret.OfNumber("PKCS#12", Convert.FromBase64String(text)[200..260]),
        ];

        foreach (var (body, field, value) in new (object, string, JsonNode)[]
        {
            (pkcs12, "allowSharedKey", "yes"), (pem.ToPem(), "colour", 1), (encrypted.ToEncryptedPem(), "custody", 1), (pkcs12, "pkcs12", text + "?"),
        })
        {
            var mistaken = JsonSerializer.SerializeToNode(body)!.AsObject();
            mistaken[field] = value;
            var (status, problem) = await deployment.Administrator.TryPostAsync(Imports, mistaken);
            Assert.True(status == HttpStatusCode.BadRequest, problem.ToJsonString());
            Assert.Contains($"'{field}'", Api.Text(problem, "detail"), StringComparison.Ordinal);
        }

        await UntilGoneAsync(deployment.Nodes[0], secrets);
    }

    [Fact]
    public async Task Dump_does_not_hold_a_master_key_that_was_unwrapped()
    {
        using TemporaryDirectory directory = new();
        using SoftHsm hsm = new();
        var (plain, wrapped, key) = (directory.File("plain"), directory.File("wrapped"), RandomNumberGenerator.GetBytes(32));
        await File.WriteAllTextAsync(plain, Convert.ToBase64String(key));
        File.SetUnixFileMode(plain, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Dictionary<string, string> settings = new()
        {
            ["CODESIGNING_DATA"] = directory.File("data"),
            ["CODESIGNING_HSM"] = hsm.SettingsFile,
            ["CODESIGNING_MASTER_KEY"] = "file:" + wrapped,
            ["CODESIGNING_MASTER_KEY_HSM"] = "soft",
            [SoftHsm.Configuration] = hsm.ConfigurationFile,
        };
        var (status, output) = await SiloVerb.RunAsync(settings, "wrap-master-key", "--from", plain, "--to", wrapped);
        Assert.True(status == 0, output);
        settings.Remove("CODESIGNING_DATA");

        await using var deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1, settings);

        await UntilGoneAsync(deployment.Nodes[0], [.. Secret.OfNumber("master key", key)]);
    }

    private static ECDsa CreateEc() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static Task<Deployment> StartAsync(string idleKeysOpen) => Deployment.StartAsync(
        Database.Sqlite, nodes: 1, new Dictionary<string, string> { ["CODESIGNING_IDLE_KEYS_OPEN"] = idleKeysOpen });

    private static async Task<string> CreateSignerAsync(Api administrator, string name, object import)
    {
        var certificate = await administrator.PostAsync(Imports, import);
        return Api.Text(await administrator.PostAsync("/api/v1/pki/signers", new { name, certificateId = Api.Text(certificate, "id") }), "id");
    }

    private static IEnumerable<Secret> MasterKeyOf(Deployment deployment)
    {
        var text = File.ReadAllText(Path.Combine(deployment.DataDirectory, "master.key")).Trim();
        return [.. Secret.OfText("master key as base64", text), .. Secret.OfNumber("master key", Convert.FromBase64String(text))];
    }

    private static async Task SignAsync(Api caller, IEnumerable<(string Id, string Algorithm)> signers)
    {
        foreach (var (id, algorithm) in signers)
        {
            var (status, body) = await caller.SignAsync(id, RandomNumberGenerator.GetBytes(32), algorithm);
            Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
        }
    }

    // Keys are closed, and buffers returned, within a second or two.
    private static async Task UntilGoneAsync(Node node, Secret[] secrets)
    {
        IReadOnlyList<string> found = [];
        for (var attempt = 0; attempt < 10; attempt++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            found = Scan(node, secrets);
            if (found.Count == 0)
            {
                return;
            }
        }

        Assert.Fail($"The memory still holds:\n{string.Join('\n', found)}");
    }

    private static IReadOnlyList<string> Scan(Node node, Secret[] secrets)
    {
        node.Stop();
        try
        {
            return [.. ProcessMemory.Count(node.ProcessId, secrets).Where(secret => secret.Value > 0).Select(secret => secret.Key).Order()];
        }
        finally
        {
            node.Wake();
        }
    }
}
