using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Tests with SoftHSM run one after the other: it finds its token by a variable of the process.</summary>
[CollectionDefinition(Name)]
public sealed class SoftHsmSuite
{
    public const string Name = "SoftHSM";
}

/// <summary>Certificates whose keys are in an HSM, as clients meet them.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class HsmCustodyTests : IAsyncLifetime, IDisposable
{
    private const int Clients = 32;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    private readonly SoftHsm _hsm = new();
    private CodeSigningServer _server = null!;
    private ApiClient _administrator = null!;

    public async Task InitializeAsync()
    {
        _server = await CodeSigningServer.StartAsync($"--CODESIGNING_HSM={_hsm.SettingsFile}");
        _administrator = await _server.AsAdministratorAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _hsm.Dispose();

    [Fact]
    public async Task CA_and_certificate_in_the_HSM_sign_and_say_so()
    {
        var ca = (await CreateCaAsync("soft")).Succeeded();
        var issued = (await _administrator.PostAsync(
            "/api/v1/pki/certificates",
            new { caId = ca.Text("id"), commonName = "Release", keyAlgorithm = "RSA_3072", ttlDays = 100, custody = "soft" })).Succeeded();
        var signer = await CreateSignerAsync(new { name = "release", certificateId = issued.Text("id") });

        Assert.Equal(("soft", "soft"), (ca.Text("custody"), issued.Text("custody")));
        using var certificate = X509Certificate2.CreateFromPem(issued.Text("certificatePem"));
        using var key = certificate.GetRSAPublicKey()!;
        foreach (var (scheme, padding) in new[]
        {
            ("RSASSA_PKCS1_V1_5_SHA384", RSASignaturePadding.Pkcs1), ("RSASSA_PSS_SHA384", RSASignaturePadding.Pss),
        })
        {
            var signature = Convert.FromBase64String((await SignAsync(signer, scheme)).Succeeded().Text("signature"));
            Assert.True(key.VerifyData("x"u8, signature, HashAlgorithmName.SHA384, padding), scheme);
        }

        (await _administrator.GetAsync($"/api/v1/pki/ca/{ca.Text("id")}/crl")).Succeeded();
    }

    [Fact]
    public async Task Unknown_HSM_is_refused_with_the_names_of_known_ones()
    {
        var refused = (await CreateCaAsync("other")).Refused(400, "InvalidRequest");

        Assert.Contains("expected one of software, soft", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("software", (await CreateCaAsync("software")).Succeeded().Text("custody"));
    }

    [Fact]
    public async Task Key_in_the_HSM_is_adopted_with_its_certificate()
    {
        _hsm.MakeKey("EC:secp256r1", "bought", "77");
        var certificatePem = IssueFor(_hsm.ReadPublicKey("bought"));

        (await _administrator.PostAsync("/api/v1/pki/certificates/import", new { certificatePem, custody = "soft", hsmKeyLabel = "none" }))
            .Refused(400, "InvalidRequest");
        (await _administrator.PostAsync("/api/v1/pki/certificates/import", new { certificatePem, hsmKeyLabel = "bought" }))
            .Refused(400, "InvalidRequest");
        var adopted = (await _administrator.PostAsync(
            "/api/v1/pki/certificates/import", new { certificatePem, custody = "soft", hsmKeyLabel = "bought" })).Succeeded();

        var signer = await CreateSignerAsync(new { name = "bought", certificateId = adopted.Text("id") });
        var signature = Convert.FromBase64String((await SignAsync(signer, "ECDSA_SHA256")).Succeeded().Text("signature"));
        using var certificate = X509Certificate2.CreateFromPem(certificatePem);
        using var key = certificate.GetECDsaPublicKey()!;
        Assert.True(key.VerifyData("x"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        (await _administrator.PostAsync("/api/v1/pki/certificates/import", new { certificatePem, custody = "soft", hsmKeyId = "77" }))
            .Refused(409, "Conflict");
    }

    [Fact]
    public async Task Absent_token_loses_no_entry_and_stops_no_software_signer()
    {
        var ca = (await CreateCaAsync("software")).Succeeded().Text("id");
        var inHsm = await CreateSignerAsync(new { name = "in-hsm", caId = ca, keyAlgorithm = "EC_P256", custody = "soft" });
        var software = await CreateSignerAsync(new { name = "software-key", caId = ca, keyAlgorithm = "EC_P256" });
        using var stop = new CancellationTokenSource();
        var (ours, others) = (new ConcurrentQueue<ApiAnswer>(), new ConcurrentQueue<ApiAnswer>());
        var load = Enumerable.Range(0, Clients).Select(_ => LoadAsync(inHsm, ours, stop.Token)).Append(LoadAsync(software, others, stop.Token)).ToArray();
        await Eventually.HoldsAsync(() => ours.Count(answer => answer.Status == 200) > 100);

        _hsm.TakeAway();
        await Eventually.HoldsAsync(() => ours.Any(answer => answer.Status != 200));
        await Task.Delay(TimeSpan.FromSeconds(1));
        var signed = ours.Count(answer => answer.Status == 200);
        _hsm.GiveBack();
        var back = Stopwatch.StartNew();
        await Eventually.HoldsAsync(() => ours.Count(answer => answer.Status == 200) > signed);
        var recovered = back.Elapsed;
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.True(recovered < Recovery, $"recovery took {recovered}");
        Assert.All(others, answer => Assert.Equal(200, answer.Status));
        var away = ours.Where(answer => answer.Status != 200).ToList();
        Assert.All(away, answer => Assert.Contains("The HSM 'soft' is unavailable", answer.Refused(503, "Unavailable").Text("detail"), StringComparison.Ordinal));
        Assert.All(away, answer => Assert.NotNull(answer.Headers.RetryAfter));
        Assert.Equal(ours.Count(answer => answer.Status == 200), await CountEntriesAsync(inHsm, "success"));
        Assert.True(await CountEntriesAsync(inHsm, "failed") > 0, "attempts with an absent token are entries");
        await VerifyAllAsync(inHsm, ours.Where(answer => answer.Status == 200));
        var report = (await _administrator.PostAsync("/api/v1/ledger/verify?full=true")).Succeeded().Json;
        Assert.True(report.GetProperty("intact").GetBoolean(), report.GetRawText());
    }

    private static string IssueFor(byte[] publicKey)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(
            new X500DistinguishedName("CN=Bought"), PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        using var issued = request.Create(
            new X500DistinguishedName("CN=Vendor CA"),
            X509SignatureGenerator.CreateForECDsa(own),
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(300),
            [1, 2, 3]);
        return issued.ExportCertificatePem();
    }

    private async Task LoadAsync(string signer, ConcurrentQueue<ApiAnswer> answers, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            answers.Enqueue(await SignAsync(signer, "ECDSA_SHA256"));
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private async Task VerifyAllAsync(string signer, IEnumerable<ApiAnswer> answers)
    {
        var pem = (await _administrator.GetAsync($"/api/v1/pki/signers/{signer}/certificate?format=pem")).Succeeded().BodyText;
        using var certificate = X509Certificate2.CreateFromPem(pem);
        using var key = certificate.GetECDsaPublicKey()!;
        Assert.All(answers, answer => Assert.True(key.VerifyData(
            "x"u8, Convert.FromBase64String(answer.Text("signature")), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
    }

    private async Task<int> CountEntriesAsync(string signer, string outcome)
    {
        var count = 0;
        for (var next = ""; next is not null;)
        {
            var page = (await _administrator.GetAsync(
                $"/api/v1/pki/signers/{signer}/operations?status={outcome}&limit=100{(next.Length > 0 ? "&cursor=" + next : "")}")).Succeeded().Json;
            count += page.GetProperty("items").EnumerateArray().Count(entry => entry.GetProperty("kind").GetString() == "sign");
            next = page.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }

        return count;
    }

    private Task<ApiAnswer> CreateCaAsync(string custody) => _administrator.PostAsync(
        "/api/v1/pki/ca", new { commonName = "Test Root", keyAlgorithm = "EC_P256", ttlDays = 1000, custody });

    private async Task<string> CreateSignerAsync(object body) =>
        (await _administrator.PostAsync("/api/v1/pki/signers", body)).Succeeded().Text("id");

    private Task<ApiAnswer> SignAsync(string signer, string scheme) => _administrator.PostAsync(
        SigningWorld.SignPath(signer), new { data = Convert.ToBase64String("x"u8), signingAlgorithm = scheme, isDigest = false });
}
