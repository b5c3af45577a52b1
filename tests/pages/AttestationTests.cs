using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Pages.Tests.Browser;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>Public signers and the attestations of their keys.</summary>
[Collection(PagesFixture.Collection)]
public sealed class AttestationTests(PagesFixture pages)
{
    private readonly string _name = $"p{Guid.NewGuid():n}"[..16];

    private ApiClient Administrator => pages.Scene.Administrator;

    [Fact]
    public async Task Attestation_is_attached_and_shown_to_members()
    {
        var certificate = await NewSignerAsync();
        await using var visitor = await pages.VisitAsync(Administrator.Token);
        await visitor.OpenAsync($"/certificates/{certificate}");
        await visitor.Page.GetByLabel("File").SetInputFilesAsync(new FilePayload { Name = "attestation.txt", MimeType = "text/plain", Buffer = "never extractable"u8.ToArray() });
        await visitor.PressAsync("Attach");

        await visitor.SeesAsync("The attestation is attached.");
        await visitor.IsSoundInEveryLookAsync("certificate-attested");
        await visitor.OpenAsync($"/signers/{_name}/certificate");
        await visitor.SeesAsync("attestation.txt");
        await visitor.IsSoundInEveryLookAsync("signer-certificate-attested");
    }

    [Fact]
    public async Task Signer_becomes_public_and_private_again()
    {
        await NewSignerAsync();
        await using var visitor = await pages.VisitAsync(Administrator.Token);
        await visitor.OpenAsync($"/signers/{_name}/settings");
        await visitor.PressAsync($"Make {_name} public");
        await visitor.SeesAsync("The signer is public");
        await visitor.IsSoundInEveryLookAsync("signer-settings-public");
        await visitor.PressAsync($"Make {_name} private");
        await visitor.PressInDialogAsync("Make it private");

        await visitor.SeesAsync("The signer is private");
    }

    [Fact]
    public async Task Signer_of_a_software_key_stays_private_with_reasons()
    {
        await using var visitor = await pages.VisitAsync(Administrator.Token);
        await visitor.OpenAsync("/signers/nightly/settings");
        await visitor.PressAsync("Make nightly public");

        await visitor.SeesAsync("the key is in software, and hardware");
        await visitor.IsSoundInEveryLookAsync("signer-settings-not-public");
    }

    /// <summary>A signer on a certificate whose row says that its key is in an HSM, which this server has none of.</summary>
    private async Task<string> NewSignerAsync()
    {
        var authority = (await Administrator.PostAsync("/api/v1/pki/ca", new { commonName = _name, keyAlgorithm = "EC_P256", ttlDays = 1000 })).Succeeded();
        var certificate = (await Administrator.PostAsync(
            "/api/v1/pki/certificates", new { caId = authority.Text("id"), commonName = "Example Ltd", keyAlgorithm = "EC_P256", ttlDays = 365 }))
            .Succeeded().Text("id");
        var row = await pages.Server.Services.GetRequiredService<IStateStore>()
            .FindAsync<CertificateState>(StateTypes.Certificate, certificate, CancellationToken.None);
        var moved = row!.Replace(row.State with { Custody = "release-hsm" });
        await pages.Server.Services.GetRequiredService<ILedger>().CommitAsync(new LedgerElement { Writes = [moved] }, CancellationToken.None);
        (await Administrator.PostAsync("/api/v1/pki/signers", new { name = _name, certificateId = certificate })).Succeeded();
        return certificate;
    }
}
