using System.Text;
using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Grains.States;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>The states of a certificate's key, and its destruction by two administrators.</summary>
public sealed class KeyLifeTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    private const string Password = "the second administrator's";

    [Fact]
    public async Task Suspended_key_signs_nothing_until_it_is_active()
    {
        var (certificate, signer) = await NewSignerAsync();

        Assert.Equal("suspended", (await ChangeAsync(certificate, "suspended")).Succeeded().Text("keyState"));
        var refused = (await SignAsync(signer)).Refused(409, "WrongState");
        (await ChangeAsync(certificate, "active")).Succeeded();

        Assert.Contains("is suspended", refused.Text("detail"), StringComparison.Ordinal);
        (await SignAsync(signer)).Succeeded();
    }

    [Fact]
    public async Task Compromised_key_is_revoked_and_stays_so()
    {
        var (certificate, signer) = await NewSignerAsync();

        var view = (await ChangeAsync(certificate, "compromised")).Succeeded();

        Assert.Equal(("compromised", "revoked", "keyCompromise"), (view.Text("keyState"), view.Text("status"), view.Text("revocationReason")));
        (await SignAsync(signer)).Refused(400, "CertificateRevoked");
        (await ChangeAsync(certificate, "active")).Refused(409, "WrongState");
        (await ChangeAsync(certificate, "destroyed")).Refused(400, "InvalidRequest");
    }

    [Fact]
    public async Task Destruction_takes_a_second_administrator_and_leaves_nothing()
    {
        var (certificate, signer) = await NewSignerAsync();
        (await SignAsync(signer)).Succeeded();
        var sealedKey = await ReadSealedKeyAsync(certificate);
        Assert.True(await IsInStoreAsync(sealedKey));
        var second = await NewAdministratorAsync();
        var path = $"/api/v1/pki/certificates/{certificate}/key/destruction";

        (await second.PostAsync(path + "/confirm")).Refused(409, "WrongState");
        (await world.Administrator.PostAsync(path, new { reason = "release 1 has ended" })).Succeeded();
        (await world.Administrator.PostAsync(path + "/confirm")).Refused(403, "SelfApproval");
        (await SignAsync(signer)).Succeeded();
        var destroyed = (await second.PostAsync(path + "/confirm")).Succeeded();

        Assert.Equal("destroyed", destroyed.Text("keyState"));
        (await SignAsync(signer)).Refused(409, "WrongState");
        Assert.False(await IsInStoreAsync(sealedKey));
        (await second.PostAsync(path + "/confirm")).Succeeded();
        var entries = (await world.Administrator.GetAsync("/api/v1/ledger/entries?kind=admin&limit=10")).Succeeded().BodyText;
        Assert.Contains("certificate.key-destruction-request", entries, StringComparison.Ordinal);
        Assert.Contains("certificate.key-destroy", entries, StringComparison.Ordinal);
        var report = (await world.Administrator.PostAsync("/api/v1/ledger/verify?full=true")).Succeeded().Json;
        Assert.True(report.GetProperty("intact").GetBoolean(), report.GetRawText());
    }

    [Fact]
    public async Task Withdrawn_destruction_cannot_be_confirmed()
    {
        var (certificate, signer) = await NewSignerAsync();
        var path = $"/api/v1/pki/certificates/{certificate}/key/destruction";
        (await world.Administrator.PostAsync(path, new { reason = "by mistake" })).Succeeded();

        (await world.Administrator.DeleteAsync(path)).Succeeded();

        (await (await NewAdministratorAsync()).PostAsync(path + "/confirm")).Refused(409, "WrongState");
        (await SignAsync(signer)).Succeeded();
    }

    private async Task<(string Certificate, string Signer)> NewSignerAsync()
    {
        var signer = await world.NewSignerAsync();
        var view = (await world.Administrator.GetAsync($"/api/v1/pki/signers/{signer}")).Succeeded().Json;
        return (view.GetProperty("certificateId").GetString()!, signer);
    }

    private async Task<ApiClient> NewAdministratorAsync()
    {
        var email = $"{SigningWorld.UniqueName()}@example.com";
        await world.Administrator.CreatePersonAsync(email, "Second", Password, "admin");
        return world.Server.As(await world.Server.AsNobody().LogInAsync(email, Password));
    }

    private async Task<byte[]> ReadSealedKeyAsync(string certificate)
    {
        var states = world.Server.Services.GetRequiredService<IStateStore>();
        var row = await states.ReadAsync(StateTypes.Certificate, certificate, CancellationToken.None);
        using var content = JsonDocument.Parse(row!.Content);
        var key = await states.ReadAsync(StateTypes.Key, content.RootElement.GetProperty("keyId").GetString()!, CancellationToken.None);
        using var stored = JsonDocument.Parse(key!.Content);
        return stored.RootElement.GetProperty("sealed").GetBytesFromBase64();
    }

    /// <summary>Whether a part of the sealed private key is in any file of the store, as it is or as base64.</summary>
    private async Task<bool> IsInStoreAsync(byte[] sealedKey)
    {
        // The end of the record is ciphertext; base64 begins anew at every third byte.
        var text = Convert.ToBase64String(sealedKey);
        byte[][] parts = [sealedKey[^48..], Encoding.ASCII.GetBytes(text[^60..^8])];
        foreach (var file in Directory.EnumerateFiles(world.Server.DataDirectory, "codesigning.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using MemoryStream content = new();
            await stream.CopyToAsync(content);
            if (parts.Any(part => content.ToArray().AsSpan().IndexOf(part) >= 0))
            {
                return true;
            }
        }

        return false;
    }

    private Task<ApiAnswer> ChangeAsync(string certificate, string state) =>
        world.Administrator.PatchAsync($"/api/v1/pki/certificates/{certificate}/key", new { state });

    private Task<ApiAnswer> SignAsync(string signer) => world.SignAsync(signer, "ECDSA_SHA256", [1], isDigest: false);
}
