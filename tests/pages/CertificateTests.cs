using CodeSigning.Pages.Tests.Browser;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>Certificates and CAs.</summary>
[Collection(PagesFixture.Collection)]
public sealed class CertificateTests(PagesFixture pages)
{
    [Fact]
    public async Task Certificate_is_issued_below_a_new_root_and_revoked()
    {
        var name = $"Root {Guid.NewGuid():n}"[..20];
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/cas");
        await NewAuthorityAsync(administrator, name, "Root: issued by itself");
        await administrator.SeesAsync("The CA is made.");
        await administrator.OpenAsync("/cas");
        await NewAuthorityAsync(administrator, $"{name} Issuing", $"Issuing CA below {name}");
        await administrator.IsSoundInEveryLookAsync("ca");
        await administrator.FollowAsync("Issue a certificate");
        await administrator.FillAsync("Common name", "Example Firmware, Ltd");
        await administrator.PressAsync("Issue");
        await administrator.SeesAsync("The certificate is issued.");
        await administrator.SeesAsync(name);
        await administrator.IsSoundInEveryLookAsync("certificate");
        await administrator.PressAsync("Revoke");
        await administrator.Page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").SelectOptionAsync("Its private key is compromised");
        await administrator.PressInDialogAsync("Revoke");

        await administrator.SeesAsync("The certificate is revoked.");
        await administrator.SeesAsync("Its private key is compromised");
    }

    [Fact]
    public async Task Key_of_another_certificate_is_imported_only_on_purpose()
    {
        await using var administrator = await AsAdministratorAsync();
        using var files = ImportedFiles.Make();
        await ImportAsync(administrator, files.Pkcs12(1));
        await administrator.SeesAsync("The certificate is imported.");
        await ImportAsync(administrator, files.Pkcs12(2));
        await administrator.SeesAsync("The private key already belongs to certificate");
        await administrator.Page.GetByLabel("PKCS#12 file").SetInputFilesAsync(files.Pkcs12(2));
        await administrator.FillAsync("Password of the file", ImportedFiles.Password);
        await administrator.Page.GetByText("Import it all the same").ClickAsync();
        await administrator.PressAsync("Import");

        await administrator.SeesAsync("The certificate is imported.");
    }

    [Fact]
    public async Task Wrong_password_of_a_file_is_told()
    {
        await using var administrator = await AsAdministratorAsync();
        using var files = ImportedFiles.Make();
        await administrator.OpenAsync("/certificates/import");
        await administrator.Page.GetByLabel("PKCS#12 file").SetInputFilesAsync(files.Pkcs12(1));
        await administrator.FillAsync("Password of the file", "not this one");
        await administrator.PressAsync("Import");

        await administrator.SeesAsync("password");
        await administrator.SeesAsync("Browsers forget chosen files");
        await administrator.IsSoundInEveryLookAsync("import");
    }

    [Fact]
    public async Task Certificate_and_key_are_imported_from_PEM_files()
    {
        await using var administrator = await AsAdministratorAsync();
        using var files = ImportedFiles.Make();
        await administrator.OpenAsync("/certificates/import?as=pem");
        await administrator.Page.GetByLabel("Certificate", new PageGetByLabelOptions { Exact = true }).SetInputFilesAsync(files.Certificate);
        await administrator.Page.GetByLabel("Private key").SetInputFilesAsync(files.PrivateKey);
        await administrator.PressAsync("Import");

        await administrator.SeesAsync("The certificate is imported.");
    }

    [Fact]
    public async Task Answer_of_a_CA_outside_to_a_request_is_installed()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/certificates/csr");
        await administrator.FillAsync("Subject", "CN=Example Outside,O=Example Ltd,C=DE");
        await administrator.PressAsync("Make the request");
        await administrator.SeesAsync("Send this request to the CA");
        await administrator.IsSoundInEveryLookAsync("csr");
        var answer = ImportedFiles.AnswerTo((await administrator.Page.Locator("#csr").TextContentAsync())!);
        await administrator.FollowAsync("I have kept it");
        await administrator.SeesAsync("Waits for its CA");
        await administrator.IsSoundInEveryLookAsync("certificate-awaiting");
        await administrator.Page.GetByLabel("Certificate", new PageGetByLabelOptions { Exact = true }).SetInputFilesAsync(answer);
        await administrator.PressAsync("Install");

        await administrator.SeesAsync("The certificate is installed.");
    }

    [Theory]
    [InlineData("/certificates")]
    [InlineData("/certificates/issue")]
    [InlineData("/certificates/import")]
    [InlineData("/certificates/csr")]
    [InlineData("/cas")]
    public async Task Certificates_are_for_administrators_alone(string path)
    {
        await using var dora = await pages.VisitAsync(pages.Scene.Dora.Token);

        Assert.Equal(403, (await dora.OpenAsync(path))!.Status);
    }

    private static async Task NewAuthorityAsync(Visitor administrator, string name, string kind)
    {
        await administrator.PressAsync("New CA");
        await administrator.Page.GetByLabel("Kind").SelectOptionAsync(kind);
        await administrator.FillAsync("Common name", name);
        await administrator.PressInDialogAsync("Create");
    }

    private static async Task ImportAsync(Visitor administrator, FilePayload file)
    {
        await administrator.OpenAsync("/certificates/import");
        await administrator.Page.GetByLabel("PKCS#12 file").SetInputFilesAsync(file);
        await administrator.FillAsync("Password of the file", ImportedFiles.Password);
        await administrator.PressAsync("Import");
    }

    private Task<Visitor> AsAdministratorAsync() => pages.VisitAsync(pages.Scene.Administrator.Token);
}
