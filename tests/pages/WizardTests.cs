using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>The wizard that makes a signer.</summary>
[Collection(PagesFixture.Collection)]
public sealed class WizardTests(PagesFixture pages)
{
    private readonly string _name = $"w{Guid.NewGuid():n}"[..16];

    private Scene Scene => pages.Scene;

    [Fact]
    public async Task Wizard_issues_a_certificate_and_names_members_and_policy()
    {
        await using var admin = await BeginAsync();
        await admin.FillAsync("Common name", "Example Ltd");
        await admin.Page.GetByLabel("Key", new() { Exact = true }).SelectOptionAsync("EC_P256");
        await admin.IsSoundInEveryLookAsync("wizard-certificate");
        await admin.PressAsync("Next");
        await admin.Page.GetByLabel("Email address or name").First.FillAsync(Scene.Ada.Email);
        await admin.IsSoundInEveryLookAsync("wizard-members");
        await admin.PressAsync("Next");
        await admin.Page.GetByText("Two steps for release").First.ClickAsync();
        await admin.IsSoundInEveryLookAsync("wizard-policy");
        (await Scene.Administrator.GetAsync($"/api/v1/pki/signers/{_name}")).Refused(404, "NotFound");
        await admin.PressAsync("Create the signer");

        await admin.IsAtAsync($"/signers/{_name}?after=created");
        var signer = (await Scene.Administrator.GetAsync($"/api/v1/pki/signers/{_name}")).Succeeded();
        Assert.Equal("Two steps for release", signer.Text("approvalPolicyName"));
        Assert.Equal("Of the wizard", signer.Text("description"));
        (await Scene.SignAsync(Scene.Ada, _name)).Refused(403, "ApprovalRequired");
    }

    [Fact]
    public async Task Wizard_leads_to_the_step_of_the_wrong_field()
    {
        await using var admin = await BeginAsync();
        await admin.FillAsync("Common name", "Example Ltd");
        await admin.PressAsync("Next");
        await admin.Page.GetByLabel("Email address or name").First.FillAsync("nobody@example.com");
        await admin.PressAsync("Next");
        await admin.PressAsync("Create the signer");

        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Heading, new() { Name = "Members" })).ToBeVisibleAsync();
        await admin.SeesAsync("expected the id or email address of an existing user");
        Assert.Equal(_name, await admin.Page.Locator("#new-name").InputValueAsync());
        Assert.Equal("Example Ltd", await admin.Page.Locator("#new-commonName").InputValueAsync());
    }

    [Fact]
    public async Task Wizard_refuses_a_public_signer_of_a_software_key()
    {
        await using var admin = await pages.VisitAsync(Scene.Administrator.Token);
        await admin.OpenAsync("/signers/new");
        await admin.FillAsync("Name", _name);
        await admin.Page.GetByLabel("Public").CheckAsync();
        await admin.IsSoundInEveryLookAsync("wizard-public");
        await admin.PressAsync("Next");
        await admin.FillAsync("Common name", "Example Ltd");
        await admin.PressAsync("Next");
        await admin.PressAsync("Next");
        await admin.PressAsync("Create the signer");

        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Heading, new() { Name = "Certificate", Exact = true })).ToBeVisibleAsync();
        await admin.SeesAsync("is invalid for a public signer: the key is in software");
        await admin.IsSoundInEveryLookAsync("wizard-not-public");
    }

    [Fact]
    public async Task Wizard_stays_at_a_step_that_is_not_filled_in()
    {
        await using var admin = await pages.VisitAsync(Scene.Administrator.Token);
        await admin.OpenAsync("/signers/new");
        await admin.PressAsync("Next");

        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Heading, new() { Name = "Basics" })).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wizard_imports_a_certificate_with_its_key(bool isPkcs12)
    {
        await using var admin = await BeginAsync();
        await admin.Page.GetByText("Import one").ClickAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = SelfSigned(key);
        await FileAsync(admin, isPkcs12 ? "PKCS#12 file" : "Certificate (.pem, .cer, .p7b)", isPkcs12 ? certificate.Export(X509ContentType.Pkcs12, "of the file") : certificate.RawData);
        if (isPkcs12)
        {
            await admin.FillAsync("Password of the file or key", "of the file");
        }
        else
        {
            await FileAsync(admin, "Private key (.pem, .key)", System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        await FinishAsync(admin);

        await admin.IsAtAsync($"/signers/{_name}?after=created");
        var serial = (await Scene.Administrator.GetAsync($"/api/v1/pki/signers/{_name}")).Succeeded().Text("certificateSerial");
        Assert.Equal(certificate.SerialNumber.ToLowerInvariant().TrimStart('0'), serial.TrimStart('0'));
    }

    [Fact]
    public async Task Wizard_makes_a_request_for_an_external_CA()
    {
        await using var admin = await BeginAsync();
        await admin.Page.GetByText("Request one from an external CA").ClickAsync();
        await admin.FillAsync("Subject", "CN=Example Ltd,C=DE");
        await FinishAsync(admin);

        await admin.SeesAsync("Have the certificate issued");
        Assert.Contains("BEGIN CERTIFICATE REQUEST", await admin.Page.Locator("#csr").TextContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_is_for_product_administrators()
    {
        await using var ada = await pages.VisitAsync(Scene.Ada.Token);

        Assert.Equal(403, (await ada.OpenAsync("/signers/new"))!.Status);
    }

    private async Task<Visitor> BeginAsync()
    {
        var admin = await pages.VisitAsync(Scene.Administrator.Token);
        await admin.OpenAsync("/signers/new");
        await admin.FillAsync("Name", _name);
        await admin.FillAsync("Description (optional)", "Of the wizard");
        await admin.PressAsync("Next");
        return admin;
    }

    private static async Task FinishAsync(Visitor admin)
    {
        await admin.PressAsync("Next");
        await admin.PressAsync("Next");
        await admin.PressAsync("Create the signer");
    }

    private static Task FileAsync(Visitor admin, string label, byte[] content) =>
        admin.Page.GetByLabel(label).SetInputFilesAsync(new FilePayload { Name = "file", MimeType = "application/octet-stream", Buffer = content });

    private static X509Certificate2 SelfSigned(ECDsa key)
    {
        var request = new CertificateRequest($"CN=Imported {Guid.NewGuid():n}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));
    }
}
