using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>The whole way, from the first sign-in to a denial, as people walk it.</summary>
[Collection(PagesFixture.Collection)]
public sealed class WalkTests(PagesFixture pages)
{
    private readonly string _signer = $"walk-{Guid.NewGuid():n}"[..16];

    private Scene Scene => pages.Scene;

    [Fact]
    public async Task Signature_is_requested_approved_made_and_revoked()
    {
        await using var admin = await pages.VisitAsync();
        await SignInAsync(admin);
        await MakeSignerAsync(admin);
        (await Scene.SignAsync(Scene.Ada, _signer)).Refused(403, "ApprovalRequired");

        var request = await RequestAsync();
        await ApproveAsync(Scene.Ben, request, Look.Light);
        await ApproveAsync(Scene.Cleo, request, Look.Phone);
        await SignAsync();

        await admin.OpenAsync($"/signers/{_signer}/approvals");
        await admin.PressAsync("Revoke the grant of Ada Okafor");
        await admin.Page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").FillAsync("Enough.");
        await admin.PressInDialogAsync("Revoke");
        await admin.SeesAsync("The grant is revoked.");
        (await Scene.SignAsync(Scene.Ada, _signer)).Refused(403, "GrantRevoked");
        await admin.OpenAsync($"/signers/{_signer}?status=denied");
        await admin.SeesAsync("GrantRevoked");
    }

    private static async Task SignInAsync(Visitor admin)
    {
        await admin.OpenAsync("/signers/new");
        await admin.FillAsync("Email address", CodeSigningServer.AdministratorEmail);
        await admin.FillAsync("Password", CodeSigningServer.AdministratorPassword);
        await admin.PressAsync("Sign in");
        await admin.IsAtAsync("/signers/new");
    }

    private async Task MakeSignerAsync(Visitor admin)
    {
        await admin.FillAsync("Name", _signer);
        await admin.PressAsync("Next");
        await admin.FillAsync("Common name", "Example Ltd");
        await admin.Page.GetByLabel("Key", new() { Exact = true }).SelectOptionAsync("EC_P256");
        await admin.PressAsync("Next");
        await admin.Page.GetByLabel("Email address or name").First.FillAsync(Scene.Ada.Email);
        await admin.Page.GetByLabel("Kind").Nth(1).SelectOptionAsync("identity");
        await admin.Page.GetByLabel("Email address or name").Nth(1).FillAsync("Build pipeline");
        await admin.PressAsync("Next");
        await admin.Page.GetByText("Two steps for release").First.ClickAsync();
        await admin.PressAsync("Create the signer");
        await admin.SeesAsync("The signer is ready.");
    }

    private async Task<string> RequestAsync()
    {
        await using var ada = await pages.VisitAsync(Scene.Ada.Token);
        await ada.OpenAsync($"/signers/{_signer}/request");
        await ada.FillAsync("Why", "The release of the walk.");
        await ada.FillAsync("Number of signatures", "2");
        await ada.FillAsync("Time to sign", "1h");
        await ada.PressAsync("Send the request");
        await ada.SeesAsync("The release of the walk.");
        return ada.Place.Split('/')[^1];
    }

    private async Task ApproveAsync(Person person, string request, Look look)
    {
        await using var approver = await pages.VisitAsync(person.Token, look);
        await approver.OpenAsync("/");
        await approver.Page.Locator($"a[href='/requests/{request}']").ClickAsync();
        await approver.PressAsync("Approve");
        await approver.PressInDialogAsync("Approve");
        await approver.SeesAsync("Your approval is recorded.");
    }

    private async Task SignAsync()
    {
        var signed = (await Scene.SignAsync(Scene.Ada, _signer)).Succeeded();
        await using var ada = await pages.VisitAsync(Scene.Ada.Token);
        await ada.OpenAsync($"/signers/{_signer}");
        await ada.Page.Locator($"a[href$='{signed.Text("operationId")}']").ClickAsync();
        await ada.SeesAsync("Place in the ledger");
        await ada.SeesAsync("(this is use 1)");
        Assert.Equal(signed.Text("signature"), await ada.Page.Locator("#signature").TextContentAsync());
    }
}
