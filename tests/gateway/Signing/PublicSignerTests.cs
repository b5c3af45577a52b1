using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Signers for publicly trusted code signing, as clients meet them, with an HSM.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class PublicSignerTests : IAsyncLifetime, IDisposable
{
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
    public async Task Certificate_from_outside_for_a_key_in_the_HSM_signs()
    {
        var certificate = await InstallAsync("soft", TimeSpan.FromDays(460));

        var signer = (await _administrator.PostAsync("/api/v1/pki/signers", new { name = "release", certificateId = certificate.Text("id"), @public = true }))
            .Succeeded();

        Assert.True(signer.Json.GetProperty("public").GetBoolean());
        Assert.Equal(
            ["warning policyMissing", "warning crlUrlMissing", "warning issuerUrlMissing", "warning authorityKeyIdentifierMissing"], Findings(certificate));
        (await _administrator.PostAsync(
            SigningWorld.SignPath(signer.Text("id")), new { data = Convert.ToBase64String("x"u8), signingAlgorithm = "ECDSA_SHA256", isDigest = false }))
            .Succeeded();
    }

    [Fact]
    public async Task Unfit_certificate_is_refused_with_all_findings()
    {
        var certificate = await InstallAsync("software", TimeSpan.FromDays(461));
        var id = certificate.Text("id");

        var refused = (await _administrator.PostAsync("/api/v1/pki/signers", new { name = "unfit", certificateId = id, @public = true }))
            .Refused(400, "ProfileViolated");
        var signer = (await _administrator.PostAsync("/api/v1/pki/signers", new { name = "private", certificateId = id })).Succeeded().Text("id");
        var promoted = (await _administrator.PatchAsync($"/api/v1/pki/signers/{signer}", new { @public = true })).Refused(400, "ProfileViolated");

        Assert.Equal(["error keyNotInHardware", "error validityTooLong"], Findings(refused));
        Assert.Equal(Findings(refused), Findings(certificate)[..2]);
        Assert.StartsWith("The field 'certificateId' is invalid for a public signer: the key is in software", refused.Text("detail"), StringComparison.Ordinal);
        Assert.StartsWith("The field 'public' is invalid with the signer's certificate", promoted.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issued_certificate_of_a_refused_signer_leaves_no_key()
    {
        var ca = (await _administrator.PostAsync("/api/v1/pki/ca", new { commonName = "Root", keyAlgorithm = "EC_P256", ttlDays = 4000 })).Succeeded();
        var before = _hsm.ListObjects();

        var refused = (await _administrator.PostAsync(
            "/api/v1/pki/signers",
            new { name = "short", caId = ca.Text("id"), keyAlgorithm = "EC_P256", certificateTtlDays = 500, custody = "soft", @public = true }))
            .Refused(400, "ProfileViolated");

        Assert.StartsWith("The field 'certificateTtlDays' is invalid", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(before, _hsm.ListObjects());
    }

    private static string[] Findings(ApiAnswer answer) =>
    [
        .. answer.Json.GetProperty("profileFindings").EnumerateArray()
            .Select(finding => $"{finding.GetProperty("severity").GetString()} {finding.GetProperty("code").GetString()}"),
    ];

    /// <summary>Has a key made and a certificate for it installed, from a CA outside.</summary>
    private async Task<ApiAnswer> InstallAsync(string custody, TimeSpan validity)
    {
        var csr = (await _administrator.PostAsync(
            "/api/v1/pki/certificates/csr", new { subject = "CN=Example Ltd", keyAlgorithm = "EC_P256", custody })).Succeeded();
        var asked = CertificateRequest.LoadSigningRequestPem(
            csr.Text("csrPem"), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        using var authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var begin = DateTimeOffset.UtcNow.AddDays(-1);
        using var issued = asked.Create(
            new X500DistinguishedName("CN=Public CA"), X509SignatureGenerator.CreateForECDsa(authority), begin, begin + validity, [1, 2, 3]);
        return (await _administrator.PutAsync(
            $"/api/v1/pki/certificates/{csr.Text("id")}/certificate", new { certificatePem = issued.ExportCertificatePem() })).Succeeded();
    }
}
