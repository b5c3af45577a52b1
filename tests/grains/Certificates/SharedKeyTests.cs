using System.Text.Json.Nodes;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identifiers;
using CodeSigning.Signing;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>Certificates that are brought in with a key that is here already.</summary>
public sealed class SharedKeyTests
{
    private const string OneKey = "one.key";

    [Fact]
    public async Task Key_of_another_certificate_is_refused_and_its_certificate_named()
    {
        await using var node = await StartAsync();
        var first = await ImportAsync(node, await MakeAsync(node, "First"));
        var second = await MakeAsync(node, "Second");
        var sentence = await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, second));
        Assert.Contains($"already belongs to certificate {first.Id}:", sentence, StringComparison.Ordinal);
        Assert.Contains("'allowSharedKey': true", sentence, StringComparison.Ordinal);
        Assert.Single(await node.EntriesAsync());
    }

    [Fact]
    public async Task Refusal_names_all_signers_of_the_key_including_disabled_ones()
    {
        await using var node = await StartAsync();
        var first = await ImportAsync(node, await MakeAsync(node, "First"));
        await AddSignerAsync(node, new SignerState { Name = "release", CertificateId = first.Id });
        await AddSignerAsync(node, new SignerState { Name = "old", CertificateId = first.Id, IsDisabled = true });
        await AddSignerAsync(node, new SignerState { Name = "gone", CertificateId = first.Id, IsDisabled = true, IsDeleted = true });
        var second = await MakeAsync(node, "Second");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => ImportAsync(node, second));
        Assert.Contains("of signers 'old', 'release':", refused.Message, StringComparison.Ordinal);
        var sharing = Assert.Single(JsonNode.Parse(refused.Members["sharedKeyWith"])!.AsArray())!;
        Assert.Equal(first.Id, (string?)sharing["certificateId"]);
        Assert.Equal("CN=First", (string?)sharing["subject"]);
        Assert.Equal(["old", "release"], sharing["signers"]!.AsArray().Select(name => (string?)name));
    }

    [Fact]
    public async Task Allowed_shared_key_is_imported_and_recorded_in_the_ledger()
    {
        await using var node = await StartAsync();
        var first = await ImportAsync(node, await MakeAsync(node, "First"));
        var second = await ImportAsync(node, await MakeAsync(node, "Second"), allowSharedKey: true);
        var third = await ImportAsync(node, await MakeAsync(node, "Third"), allowSharedKey: true);
        Assert.Null(await SharedAsync(node, first));
        Assert.Equal([first.Id], await SharedAsync(node, second));
        Assert.Equal(new[] { first.Id, second.Id }.Order(), (await SharedAsync(node, third))!.Order());
        foreach (var certificate in new[] { first, second, third })
        {
            var facts = await node.FactsAsync(certificate.Id);
            await node.Get<ISigningKeys>().SignAsync("idn_x", facts, SigningAlgorithm.EcdsaSha256, new byte[32], default);
        }
    }

    [Fact]
    public async Task Allowing_shared_keys_for_an_unshared_key_records_nothing()
    {
        await using var node = await StartAsync();
        var only = await ImportAsync(node, await MakeAsync(node, "Only"), allowSharedKey: true);
        Assert.Null(await SharedAsync(node, only));
    }

    [Fact]
    public async Task Revoked_certificate_keeps_its_key_in_use()
    {
        await using var node = await StartAsync();
        var first = await ImportAsync(node, await MakeAsync(node, "First"));
        await node.RevokeAsync(first.Id);
        var second = await MakeAsync(node, "Second");
        await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, second));
    }

    [Fact]
    public async Task Key_is_recognized_in_every_encoding()
    {
        await using var node = await StartAsync();
        await ImportAsync(node, await MakeAsync(node, "First"));
        await node.OpenSsl.RunAsync("ec", "-in", OneKey, "-out", "sec1.key");
        var second = await MakeAsync(node, "Second", "sec1.key");
        await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, second));
        await node.OpenSsl.RunAsync("pkcs12", "-export", "-in", "Second.pem", "-inkey", OneKey, "-out", "second.p12", "-passout", "pass:word");
        var file = new ImportCertificate(Pkcs12: node.OpenSsl.Read("second.p12"), Password: "word");
        await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, file));
    }

    [Fact]
    public async Task Same_certificate_conflicts_even_with_shared_keys_allowed()
    {
        await using var node = await StartAsync();
        var request = await MakeAsync(node, "First");
        await ImportAsync(node, request);
        await RefusesAsync(ErrorCode.Conflict, () => ImportAsync(node, request));
        await RefusesAsync(ErrorCode.Conflict, () => ImportAsync(node, request, allowSharedKey: true));
    }

    [Fact]
    public async Task One_of_concurrent_imports_of_a_key_succeeds()
    {
        await using var node = await StartAsync();
        var requests = new List<ImportCertificate>();
        for (var number = 0; number < 8; number++)
        {
            requests.Add(await MakeAsync(node, $"Number {number}"));
        }

        var codes = await Task.WhenAll(requests.Select(request => CodeOfAsync(() => ImportAsync(node, request))));
        Assert.Single(codes, code => code is null);
        Assert.Equal(7, codes.Count(code => code == ErrorCode.KeyInUse));
        Assert.Single(await node.EntriesAsync());
    }

    [Fact]
    public async Task Import_between_search_and_commit_is_found()
    {
        var interruption = new InterruptedStates();
        await using var node = await StartAsync(interruption.Install);
        var (first, second) = (await MakeAsync(node, "First"), await MakeAsync(node, "Second"));
        interruption.AfterList(query => query.Type == StateTypes.Certificate, () => ImportAsync(node, first));
        await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, second));
        Assert.Single(await node.EntriesAsync());
    }

    [Fact]
    public async Task Key_that_an_earlier_release_stored_is_found()
    {
        await using var node = await StartAsync();
        await ImportAsync(node, await MakeAsync(node, "First"));
        foreach (var counted in await node.Get<IStateStore>().ListAsync(new StateQuery(StateTypes.ImportedKey), default))
        {
            await CommitAsync(node, new StateWrite(counted.Type, counted.Id, counted.Version, null, StateIndex.None));
        }

        var second = await MakeAsync(node, "Second");
        await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, second));
        await ImportAsync(node, second, allowSharedKey: true);
    }

    [Fact]
    public async Task Internal_CAs_key_is_refused_even_with_shared_keys_allowed()
    {
        await using var node = await StartAsync();
        var request = await MakeAsync(node, "First");
        var id = EntityId.New(IdPrefixes.CertificateAuthority, node.Time);
        var authority = new CertificateAuthorityState
        {
            Id = id,
            CommonName = "Leaked Root",
            Certificate = new ChainedCertificate(request.CertificatePem!, "", "01", "ff", node.Now, node.Now.AddDays(1)),
        };
        await CommitAsync(node, StateWrite.New(StateTypes.CertificateAuthority, id, authority));
        var sentence = await RefusesAsync(ErrorCode.KeyInUse, () => ImportAsync(node, request, allowSharedKey: true));
        Assert.Contains($"'Leaked Root' ({id})", sentence, StringComparison.Ordinal);
    }

    private static Task<CertificateView> ImportAsync(PkiNode node, ImportCertificate request, bool allowSharedKey = false) =>
        node.Import.ImportAsync(Administrator, request with { AllowSharedKey = allowSharedKey }, default);

    /// <summary>A certificate of its own for the one key, made by openssl.</summary>
    private static async Task<ImportCertificate> MakeAsync(PkiNode node, string name, string key = OneKey)
    {
        if (!File.Exists(node.OpenSsl.Path(key)))
        {
            await node.OpenSsl.RunAsync("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
        }

        await node.OpenSsl.RunAsync(
            "req", "-x509", "-key", key, "-out", name + ".pem", "-subj", "/CN=" + name, "-days", "9000",
            "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature",
            "-addext", "extendedKeyUsage=codeSigning");
        return new ImportCertificate(CertificatePem: node.OpenSsl.ReadText(name + ".pem"), PrivateKeyPem: node.OpenSsl.ReadText(key));
    }

    /// <summary>What the entry of an import says of other certificates of the key.</summary>
    private static async Task<IEnumerable<string>?> SharedAsync(PkiNode node, CertificateView certificate)
    {
        var entry = (await node.EntriesAsync()).Single(entry => entry.Json.Contains($"certificate/{certificate.Id}\"", StringComparison.Ordinal));
        return JsonNode.Parse(entry.Json)!["changes"]!["sharedKeyWith"]?["added"]!.AsArray().Select(id => (string)id!);
    }

    private static async Task<ErrorCode?> CodeOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (RefusedException refused)
        {
            return refused.Code;
        }
    }

    private static Task AddSignerAsync(PkiNode node, SignerState signer)
    {
        var id = EntityId.New(IdPrefixes.Signer, node.Time);
        return CommitAsync(node, StateWrite.New(StateTypes.Signer, id, signer with { Id = id }));
    }

    private static async Task CommitAsync(PkiNode node, StateWrite write) => Assert.IsType<CommitOutcome.Committed>(
        await node.Get<ILedger>().CommitAsync(new LedgerElement { Writes = [write] }, default));
}
