using System.Text;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Attestations of keys in an HSM, as clients meet them.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class AttestationTests : IAsyncLifetime, IDisposable
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
    public async Task Output_of_the_tokens_tools_is_attached_before_the_certificate()
    {
        var id = (await _administrator.PostAsync(
            "/api/v1/pki/certificates/csr", new { subject = "CN=Example Ltd", keyAlgorithm = "EC_P256", custody = "soft" })).Succeeded().Text("id");
        var told = _hsm.ListObjects();
        Assert.Contains("never extractable", told, StringComparison.Ordinal);
        var body = new { fileName = "objects.txt", mediaType = "text/plain", content = Convert.ToBase64String(Encoding.UTF8.GetBytes(told)) };

        var attached = (await _administrator.PostAsync($"/api/v1/pki/certificates/{id}/attestations", body, "once")).Succeeded();
        var again = (await _administrator.PostAsync($"/api/v1/pki/certificates/{id}/attestations", body, "once")).Succeeded();
        var file = (await _administrator.GetAsync($"/api/v1/pki/certificates/{id}/attestations/{attached.Text("id")}")).Succeeded();

        Assert.Equal(attached.Text("id"), again.Text("id"));
        Assert.Equal(told, file.BodyText);
        Assert.Equal((201, "text/plain"), (attached.Status, file.ContentType));
        Assert.StartsWith("attachment; filename=objects.txt", file.Disposition, StringComparison.Ordinal);
        (await _administrator.PostAsync($"/api/v1/pki/certificates/{id}/attestations", body)).Refused(409, "Conflict");
    }

    [Fact]
    public async Task Members_of_the_signer_read_the_attestations_of_its_key()
    {
        var ca = (await _administrator.PostAsync("/api/v1/pki/ca", new { commonName = "Root", keyAlgorithm = "EC_P256", ttlDays = 1000 })).Succeeded();
        var signer = (await _administrator.PostAsync(
            "/api/v1/pki/signers", new { name = "release", caId = ca.Text("id"), keyAlgorithm = "EC_P256", custody = "soft" })).Succeeded();
        var attached = (await _administrator.PostAsync(
            $"/api/v1/pki/certificates/{signer.Text("certificateId")}/attestations",
            new { fileName = "a.pdf", mediaType = "application/pdf", content = "JVBERg==" })).Succeeded();
        var id = await _administrator.CreatePersonAsync("auditor@example.com", "Auditor", "the auditor's password");
        (await _administrator.PostAsync($"/api/v1/pki/signers/{signer.Text("id")}/members", new { kind = "user", id, role = "auditor" })).Succeeded();
        var auditor = _server.As(await _server.AsNobody().LogInAsync("auditor@example.com", "the auditor's password"));

        var file = (await auditor.GetAsync($"/api/v1/pki/signers/release/attestations/{attached.Text("id")}")).Succeeded();

        Assert.Equal("%PDF", file.BodyText);
        (await auditor.GetAsync($"/api/v1/pki/certificates/{signer.Text("certificateId")}/attestations/{attached.Text("id")}")).Refused(403, "Forbidden");
    }
}
