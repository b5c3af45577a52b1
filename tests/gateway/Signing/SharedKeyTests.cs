using System.Security.Cryptography;
using System.Text;
using CodeSigning.Gateway.Tests.Authorisation;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>One private key in two certificates, as clients meet it.</summary>
public sealed class SharedKeyTests(SigningWorld world) : IClassFixture<SigningWorld>, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public async Task Import_of_used_key_names_its_certificate_and_signers()
    {
        var first = (await ImportAsync()).Succeeded().Text("id");
        var name = SigningWorld.UniqueName();
        (await world.Administrator.PostAsync("/api/v1/pki/signers", new { name, certificateId = first })).Succeeded();
        var refusal = (await ImportAsync()).Refused(409, "KeyInUse");
        var sharing = Assert.Single(refusal.Json.GetProperty("sharedKeyWith").EnumerateArray());
        Assert.Equal(first, sharing.GetProperty("certificateId").GetString());
        Assert.Equal(name, Assert.Single(sharing.GetProperty("signers").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Allowed_shared_key_signs_under_both_and_both_stop_together()
    {
        var first = await SignerAsync((await ImportAsync()).Succeeded().Text("id"));
        var second = await SignerAsync((await ImportAsync(allowSharedKey: true)).Succeeded().Text("id"));
        foreach (var signer in new[] { first, second })
        {
            (await world.SignAsync(signer, "ECDSA_SHA256", new byte[32], isDigest: true)).Succeeded();
        }

        (await world.Administrator.PostAsync(
            $"/api/v1/pki/signers/{first}/stop", new { reason = "stolen", includeSignersWithSameKey = true })).Succeeded();
        (await world.SignAsync(second, "ECDSA_SHA256", new byte[32], isDigest: true)).Refused(400, "SignerDisabled");
    }

    [Fact]
    public async Task Ledger_with_a_shared_key_is_intact_and_records_it()
    {
        var first = (await ImportAsync()).Succeeded().Text("id");
        (await ImportAsync(allowSharedKey: true)).Succeeded();
        var entries = Encoding.UTF8.GetString((await world.Administrator.GetAsync("/api/v1/ledger/export")).Succeeded().Body);
        Assert.Contains($"\"sharedKeyWith\":{{\"added\":[\"{first}\"]}}", entries, StringComparison.Ordinal);
        var verdict = (await world.Administrator.PostAsync("/api/v1/ledger/verify?full=true", new { })).Succeeded();
        Assert.True(verdict.Json.GetProperty("intact").GetBoolean(), verdict.BodyText);
    }

    public void Dispose() => _key.Dispose();

    private Task<ApiAnswer> ImportAsync(bool? allowSharedKey = null) =>
        world.Administrator.PostAsync("/api/v1/pki/certificates/import", ExternalAuthority.Import(_key, allowSharedKey));

    private async Task<string> SignerAsync(string certificateId)
    {
        var name = SigningWorld.UniqueName();
        (await world.Administrator.PostAsync("/api/v1/pki/signers", new { name, certificateId })).Succeeded();
        return name;
    }
}
