using System.Security.Cryptography;
using CodeSigning.Gateway.Tests.Authorisation;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>A server with a list of compromised keys, as clients meet it.</summary>
public sealed class CompromisedKeyTests : IAsyncLifetime, IDisposable
{
    private const string Certificates = "/api/v1/pki/certificates";

    private readonly TemporaryDirectory _lists = new();
    private readonly ECDsa _listed = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private CodeSigningServer _server = null!;
    private ApiClient _administrator = null!;

    public async Task InitializeAsync()
    {
        var digest = SHA256.HashData(_listed.ExportSubjectPublicKeyInfo());
        await File.WriteAllTextAsync(_lists.File("leaked.txt"), Convert.ToHexStringLower(digest) + " of an old laptop\n");
        _server = await CodeSigningServer.StartAsync($"--CODESIGNING_COMPROMISED_KEYS={_lists.Path}");
        _administrator = await _server.AsAdministratorAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _listed.Dispose();
        _lists.Dispose();
    }

    [Fact]
    public async Task Listed_keys_and_CAs_are_refused_and_others_accepted()
    {
        var refusal = (await _administrator.PostAsync($"{Certificates}/import", ExternalAuthority.Import(_listed))).Refused(400, "InvalidRequest");
        Assert.Contains("its key is in the list of compromised keys 'leaked.txt'", refusal.Text("detail"), StringComparison.Ordinal);

        var request = (await _administrator.PostAsync(
            $"{Certificates}/csr", new { subject = "CN=Example", keyAlgorithm = "EC_P256" })).Succeeded();
        var (id, csr) = (request.Text("id"), request.Text("csrPem"));
        refusal = (await _administrator.PutAsync(
            $"{Certificates}/{id}/certificate", ExternalAuthority.Answer(csr, _listed))).Refused(400, "InvalidRequest");
        Assert.Contains("'CN=External Root' can be forged by anyone", refusal.Text("detail"), StringComparison.Ordinal);

        (await _administrator.PutAsync($"{Certificates}/{id}/certificate", ExternalAuthority.Answer(csr))).Succeeded();
        (await _administrator.PostAsync($"{Certificates}/import", ExternalAuthority.Import())).Succeeded();
    }
}
