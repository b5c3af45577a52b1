using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>What the validity of an external CA's certificate is to the certificates below it.</summary>
public sealed class ChainValidityTests
{
    [Fact]
    public async Task Import_under_expired_ca_names_ca_and_dates()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: -1, leafFrom: -10, leafTo: 100);

        var said = await RefusesAsync(ErrorCode.CertificateExpired, () => node.Import.ImportAsync(Administrator, chain.ToImport(), default));

        Assert.Contains($"'CN=Issuing' of the chain is valid from {node.Now.AddDays(-100):u} to {node.Now.AddDays(-1):u}", said, StringComparison.Ordinal);
        Assert.Empty(await node.EntriesAsync());
    }

    [Fact]
    public async Task Import_under_ca_of_the_future_is_refused()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: 1, issuingTo: 100, leafFrom: -10, leafTo: 100);

        await RefusesAsync(ErrorCode.CertificateNotYetValid, () => node.Import.ImportAsync(Administrator, chain.ToImport(), default));
    }

    [Fact]
    public async Task Certificate_of_the_future_needs_its_ca_only_then()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: 1, issuingTo: 100, leafFrom: 2, leafTo: 100);

        Assert.Equal("CN=Leaf", (await node.Import.ImportAsync(Administrator, chain.ToImport(), default)).Subject);
    }

    [Fact]
    public async Task Answer_to_a_csr_under_expired_ca_is_refused()
    {
        await using var node = await StartAsync();
        var (id, key) = await RequestAsync(node);
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: -1, leafFrom: -10, leafTo: 100, key);

        await RefusesAsync(
            ErrorCode.CertificateExpired, () => node.Certificates.InstallAsync(Administrator, id, new InstallCertificate(chain.All), default));
    }

    [Fact]
    public async Task Expired_answer_to_a_csr_is_refused()
    {
        await using var node = await StartAsync();
        var (id, key) = await RequestAsync(node);
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: 100, leafFrom: -10, leafTo: -1, key);

        await RefusesAsync(
            ErrorCode.CertificateExpired, () => node.Certificates.InstallAsync(Administrator, id, new InstallCertificate(chain.All), default));
    }

    [Fact]
    public async Task Valid_certificate_of_a_ca_is_taken_before_expired()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: -1, leafFrom: -10, leafTo: 100);

        var view = await node.Import.ImportAsync(
            Administrator, chain.ToImport() with { ChainPem = chain.IssueAgain(-100, -1) + chain.IssueAgain(-1, 50) }, default);

        Assert.Equal(node.Now.AddDays(50), (await node.FactsAsync(view.Id)).NotAfter);
    }

    [Fact]
    public async Task Certificate_signs_no_longer_than_the_cas_above_it()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: 10, leafFrom: -10, leafTo: 100);
        var view = await node.Import.ImportAsync(Administrator, chain.ToImport(), default);

        var facts = await node.FactsAsync(view.Id);
        Assert.Equal((node.Now.AddDays(10), true), (facts.NotAfter, facts.EndsWithAuthority));
        Assert.Equal(node.Now.AddDays(100), view.NotAfter);

        node.Time.Advance(TimeSpan.FromDays(11));

        Assert.Equal(CertificateStatus.Expired, (await node.Certificates.GetAsync(Administrator, view.Id, default)).Status);
    }

    [Fact]
    public async Task Same_certificate_with_another_chain_replaces_the_chain()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: 10, leafFrom: -10, leafTo: 100);
        var id = (await node.Import.ImportAsync(Administrator, chain.ToImport(), default)).Id;
        node.Time.Advance(TimeSpan.FromDays(11));

        var unchanged = await node.Certificates.InstallAsync(Administrator, id, new InstallCertificate(chain.Leaf), default);
        Assert.Equal(CertificateStatus.Expired, unchanged.Status);
        var view = await node.Certificates.InstallAsync(
            Administrator, id, new InstallCertificate(chain.Leaf, chain.IssueAgain(-1, 200)), default);

        Assert.Equal(CertificateStatus.Active, view.Status);
        Assert.Equal(chain.End(100), (await node.FactsAsync(id)).NotAfter);
        Assert.Contains("\"certificate.chain\"", (await node.EntriesAsync())[^1].Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chain_of_an_earlier_release_counts_too()
    {
        await using var node = await StartAsync();
        using var chain = new DatedChain(node.Now, issuingFrom: -100, issuingTo: 10, leafFrom: -10, leafTo: 100);
        var stored = StateJson.Read<CertificateState>(JsonSerializer.SerializeToUtf8Bytes(new
        {
            id = "crt_1",
            stage = new Dictionary<string, object>
            {
                ["$type"] = "active",
                ["certificate"] = new
                {
                    pem = chain.Leaf,
                    chainPem = chain.IssueAgain(-100, 10),
                    serialNumber = "01",
                    thumbprint = "aa",
                    notBefore = node.Now.AddDays(-10),
                    notAfter = node.Now.AddDays(100),
                },
            },
        }));

        Assert.Equal(node.Now.AddDays(10), stored.Usable!.Value.NotAfter);
        Assert.Equal(node.Now.AddDays(100), stored.ToIndex().Until);
    }

    private static async Task<(string Id, byte[] PublicKey)> RequestAsync(PkiNode node)
    {
        var owed = await node.Certificates.CreateSigningRequestAsync(Administrator, new CreateSigningRequest("CN=Leaf", "EC_P256"), default);
        var request = CertificateRequest.LoadSigningRequestPem(owed.CsrPem, HashAlgorithmName.SHA256);
        return (owed.Id, request.PublicKey.ExportSubjectPublicKeyInfo());
    }
}

/// <summary>A root, an issuing CA and a leaf whose validities are days from a moment.</summary>
internal sealed class DatedChain : IDisposable
{
    private readonly DateTimeOffset _now;
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _issuingKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _root;
    private readonly string _issuing;

    public DatedChain(DateTimeOffset now, int issuingFrom, int issuingTo, int leafFrom, int leafTo, byte[]? publicKey = null)
    {
        _now = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        _root = Issue("Root", PublicKeyOf(_rootKey), "Root", _rootKey, -1000, 3000, isAuthority: true);
        _issuing = IssueAgain(issuingFrom, issuingTo);
        Leaf = Issue("Leaf", publicKey ?? PublicKeyOf(_leafKey), "Issuing", _issuingKey, leafFrom, leafTo, isAuthority: false);
    }

    public string Leaf { get; }

    public string All => _root + _issuing + Leaf;

    public string IssueAgain(int from, int to) => Issue("Issuing", PublicKeyOf(_issuingKey), "Root", _rootKey, from, to, isAuthority: true);

    public DateTimeOffset End(int days) => _now.AddDays(days);

    public ImportCertificate ToImport() => new(CertificatePem: Leaf, ChainPem: _issuing + _root, PrivateKeyPem: _leafKey.ExportPkcs8PrivateKeyPem());

    public void Dispose()
    {
        _rootKey.Dispose();
        _issuingKey.Dispose();
        _leafKey.Dispose();
    }

    private static byte[] PublicKeyOf(ECDsa key) => key.ExportSubjectPublicKeyInfo();

    private string Issue(string name, byte[] publicKey, string issuer, ECDsa issuerKey, int from, int to, bool isAuthority)
    {
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN={name}"), PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (!isAuthority)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false));
        }

        using var certificate = request.Create(
            new X500DistinguishedName($"CN={issuer}"), X509SignatureGenerator.CreateForECDsa(issuerKey), _now.AddDays(from), _now.AddDays(to),
            RandomNumberGenerator.GetBytes(8));
        return certificate.ExportCertificatePem() + "\n";
    }
}
