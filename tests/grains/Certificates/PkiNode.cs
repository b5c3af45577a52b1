using System.Globalization;
using CodeSigning.Certificates;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>A node with the vault and the PKI under its grains, and the openssl command beside it as the judge.</summary>
public sealed class PkiNode : IAsyncDisposable
{
    private readonly ServiceNode _node;

    private PkiNode(ServiceNode node) => _node = node;

    public static Caller Administrator { get; } =
        new(PrincipalKind.User, "usr_admin", "Ada", ProductRole.Admin, [], null, "127.0.0.1", null);

    public static Caller Member { get; } = Administrator with { Id = "usr_member", Name = "Ben", Role = ProductRole.Member };

    public OpenSsl OpenSsl { get; } = new();

    public ManualTimeProvider Time => _node.Time;

    public DateTimeOffset Now => Time.GetUtcNow();

    public static async Task<PkiNode> StartAsync(Action<IServiceCollection>? change = null) => new(await ServiceNode.StartAsync(services =>
    {
        services
            .AddSingleton(_ => new SigningThreads())
            .AddSingleton(new CheckedSigner(ecdsaCheckEvery: 1))
            .AddSingleton<ISigningKeys, VaultSigningKeys>()
            .AddSingleton(new PkiOptions())
            .AddSingleton(CompromisedKeys.None)
            // Days pass at once in these tests: without a checkpoint for every few seconds.
            .Configure<LedgerOptions>(options => options.CheckpointInterval = TimeSpan.FromDays(40))
            .AddCertificates()
            .AddSingleton<SignersOfKey>()
            .AddSingleton<CertificateImport>()
            .AddSingleton<CertificateRenewal>();
        change?.Invoke(services);
    }));

    public T Get<T>()
        where T : notnull => _node.Get<T>();

    public CertificateService Certificates => Get<CertificateService>();

    public CertificateImport Import => Get<CertificateImport>();

    public CertificateAuthorityService Authorities => Get<CertificateAuthorityService>();

    public Task<CertificateAuthorityView> MakeAuthorityAsync(
        string? parentId = null, string keyAlgorithm = "EC_P256", int ttlDays = 3650) => Authorities.CreateAsync(
            Administrator,
            new CreateCertificateAuthority(parentId is null ? "Example Root" : "Example Issuing", keyAlgorithm, ttlDays, parentId),
            CancellationToken.None);

    public Task<CertificateView> IssueAsync(string caId, string keyAlgorithm = "EC_P256", int ttlDays = 365) =>
        Certificates.IssueAsync(
            Administrator, new IssueCertificate(caId, "Example Release", keyAlgorithm, ttlDays), CancellationToken.None);

    public Task<CertificateView> RevokeAsync(string id, RevocationReason reason = RevocationReason.KeyCompromise) =>
        Certificates.RevokeAsync(Administrator, id, new RevokeCertificate(reason), CancellationToken.None);

    public async Task<CertificateFacts> FactsAsync(string id)
    {
        var stored = await Get<IStateStore>().FindAsync<CertificateState>(StateTypes.Certificate, id, CancellationToken.None)
            ?? throw new InvalidOperationException($"There is no certificate {id}.");
        return stored.State.ToFacts(
            stored.ToVersion(), await Get<CertificateAuthorities>().ReadLineOfAsync(stored.State, CancellationToken.None));
    }

    /// <summary>A CA's CRL as the text that openssl makes of it.</summary>
    public async Task<string> RevocationListAsync(string caId)
    {
        var crl = await Authorities.GetRevocationListAsync(caId, CancellationToken.None);
        OpenSsl.Write(crl.FileName, crl.Content.Span);
        return await OpenSsl.RunAsync("crl", "-inform", "DER", "-in", crl.FileName, "-noout", "-text", "-crlnumber");
    }

    /// <summary>Has openssl verify a leaf against its root, with the CRLs of these CAs, at the node's time.</summary>
    public async Task<(int ExitCode, string Output)> VerifyAsync(CertificateView leaf, params string[] caIds)
    {
        OpenSsl.Write("leaf.pem", leaf.CertificatePem!);
        OpenSsl.Write("chain.pem", leaf.ChainPem!);
        var root = leaf.ChainPem!.LastIndexOf("-----BEGIN", StringComparison.Ordinal);
        OpenSsl.Write("root.pem", leaf.ChainPem![root..]);
        var lists = "";
        foreach (var caId in caIds)
        {
            await RevocationListAsync(caId);
            await OpenSsl.RunAsync("crl", "-inform", "DER", "-in", caId + ".crl", "-out", caId + ".crl.pem");
            lists += OpenSsl.ReadText(caId + ".crl.pem");
        }

        OpenSsl.Write("crls.pem", lists);
        return await OpenSsl.TryRunAsync(
            "verify", "-x509_strict", "-attime", Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), "-crl_check_all",
            "-CRLfile", "crls.pem", "-CAfile", "root.pem", "-untrusted", "chain.pem", "leaf.pem");
    }

    /// <summary>The ledger, oldest entry first.</summary>
    public async Task<IReadOnlyList<LedgerEntry>> EntriesAsync()
    {
        var entries = await Get<ILedgerReader>().ListAsync(new LedgerQuery(Limit: 1000), CancellationToken.None);
        return [.. entries.OrderBy(entry => entry.Number)];
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        OpenSsl.Dispose();
    }
}
