using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>
/// The whole way on a new server, from the first sign-in to a denial, as people walk it. All is made by pages; signatures alone
/// go over REST, as those of tools do.
/// </summary>
[Collection(PagesFixture.Collection)]
public sealed class WalkTests(PagesFixture pages) : IAsyncLifetime
{
    private const string Signer = "firmware";
    private const string Reason = "Release 4.2 of the firmware.";

    private CodeSigningServer _server = null!;

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task New_server_is_walked_to_a_signature_and_its_revocation()
    {
        await using var admin = await VisitAsync();
        await SignInAsync(admin, CodeSigningServer.AdministratorEmail, CodeSigningServer.AdministratorPassword);
        await admin.SeesAsync("Nothing waits for you");
        await MakeAuthorityAsync(admin);
        await using var ada = await InviteAsync(admin, "Ada Okafor");
        await using var ben = await InviteAsync(admin, "Ben Lindqvist");
        await using var cleo = await InviteAsync(admin, "Cleo Marchetti", Look.Phone);
        await MakePolicyAsync(admin);
        await MakeSignerAsync(admin);
        var (clientId, clientSecret) = await MakeMachineAsync(admin);

        var machine = _server.As(await _server.AsNobody().LogInWithSecretAsync(clientId, clientSecret));
        await SeesSignatureAsync(admin, (await SignAsync(machine)).Succeeded(), "ci-firmware");
        var person = _server.As(await _server.AsNobody().LogInAsync(EmailOf("Ada Okafor"), Scene.Password));
        (await SignAsync(person)).Refused(403, "ApprovalRequired");

        var request = await RequestAsync(ada);
        await ApproveAsync(ben, request);
        (await SignAsync(person)).Refused(403, "ApprovalRequired");
        await ApproveAsync(cleo, request);
        await SeesSignatureAsync(ada, (await SignAsync(person)).Succeeded(), "(this is use 1)");

        await RevokeAsync(admin);
        (await SignAsync(person)).Refused(403, "GrantRevoked");
        await ada.OpenAsync($"/signers/{Signer}?status=denied");
        await ada.SeesAsync("GrantRevoked");
    }

    private Task<Visitor> VisitAsync(Look look = Look.Light) => pages.VisitAsync(look: look, address: _server.Address);

    private static string EmailOf(string name) => $"{name.Split(' ')[0].ToLowerInvariant()}@example.com";

    private static async Task SignInAsync(Visitor visitor, string email, string password)
    {
        await visitor.OpenAsync("/");
        await visitor.IsAtAsync("/sign-in");
        await visitor.FillAsync("Email address", email);
        await visitor.FillAsync("Password", password);
        await visitor.PressAsync("Sign in");
        await visitor.IsAtAsync("/");
    }

    private static async Task MakeAuthorityAsync(Visitor admin)
    {
        await admin.OpenAsync("/cas");
        await admin.SeesAsync("No CA yet");
        await admin.PressAsync("New CA");
        await admin.FillAsync("Common name", "Example Code Signing Root");
        await admin.PressInDialogAsync("Create");
        await admin.SeesAsync("Example Code Signing Root");
    }

    /// <summary>Invites somebody, who chooses a password by the link and signs in for the first time.</summary>
    private async Task<Visitor> InviteAsync(Visitor admin, string name, Look look = Look.Light)
    {
        await admin.OpenAsync("/people");
        await admin.PressAsync("Invite a person");
        await admin.FillAsync("Name", name);
        await admin.Page.GetByRole(AriaRole.Dialog).GetByLabel("Email address").FillAsync(EmailOf(name));
        await admin.PressInDialogAsync("Invite");
        var link = new Uri(await admin.Page.Locator("#shown-link").TextContentAsync() ?? "");

        var person = await VisitAsync(look);
        await person.OpenAsync(link.PathAndQuery + link.Fragment);
        await person.FillAsync("New password", Scene.Password);
        await person.FillAsync("The same again", Scene.Password);
        await person.PressAsync("Set the password");
        await person.SeesAsync("Your password is set.");
        await SignInAsync(person, EmailOf(name), Scene.Password);
        return person;
    }

    private static async Task MakePolicyAsync(Visitor admin)
    {
        await admin.OpenAsync("/policies");
        await admin.FollowAsync("New policy");
        await admin.FillAsync("Name of the policy", "Firmware releases");
        await admin.FillAsync("Approvals needed", "2");
        foreach (var approver in new[] { "Ben Lindqvist", "Cleo Marchetti" })
        {
            await admin.FillAsync("Add to step 1", EmailOf(approver));
            await admin.PressFirstAsync("Add");
            await admin.SeesAsync(approver);
        }

        await admin.Page.GetByLabel("Machine identities sign without a request").CheckAsync();
        await admin.PressAsync("Create the policy");
        await admin.SeesAsync("2 of Ben Lindqvist or Cleo Marchetti");
    }

    private static async Task MakeSignerAsync(Visitor admin)
    {
        await admin.OpenAsync("/signers");
        await admin.Page.GetByRole(AriaRole.Link, new() { Name = "New signer" }).First.ClickAsync();
        await admin.FillAsync("Name", Signer);
        await admin.PressAsync("Next");
        await admin.FillAsync("Common name", "Example Ltd");
        await admin.Page.GetByLabel("Key", new() { Exact = true }).SelectOptionAsync("EC_P256");
        await admin.PressAsync("Next");
        await admin.Page.GetByLabel("Email address or name").First.FillAsync(EmailOf("Ada Okafor"));
        await admin.PressAsync("Next");
        await admin.Page.GetByText("Firmware releases").First.ClickAsync();
        await admin.PressAsync("Create the signer");
        await admin.SeesAsync("The signer is ready.");
    }

    /// <summary>Makes a machine identity that signs, and its client secret, which is shown once.</summary>
    private static async Task<(string ClientId, string ClientSecret)> MakeMachineAsync(Visitor admin)
    {
        await admin.OpenAsync("/machines");
        await admin.PressAsync("New machine identity");
        await admin.FillAsync("Name", "ci-firmware");
        await admin.PressInDialogAsync("Create");
        await admin.SeesAsync("Give it a way to log in");

        await admin.OpenAsync($"/signers/{Signer}/members");
        var offered = await admin.Page.GetByLabel("Member", new() { Exact = true }).Locator("option", new() { HasText = "ci-firmware" }).GetAttributeAsync("value");
        await admin.Page.GetByLabel("Member", new() { Exact = true }).SelectOptionAsync(offered ?? "");
        await admin.PressAsync("Add");
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Cell, new() { Name = "ci-firmware", Exact = true })).ToBeVisibleAsync();

        await admin.OpenAsync($"/signers/{Signer}/set-up");
        await admin.PressAsync("Make a client secret");
        await admin.SeesAsync("It is shown this once.");
        return (await ReadAsync(admin, "#client-id"), await ReadAsync(admin, "#client-secret"));
    }

    private static async Task<string> ReadAsync(Visitor visitor, string element) => await visitor.Page.Locator(element).TextContentAsync() ?? "";

    private static async Task<string> RequestAsync(Visitor ada)
    {
        await ada.OpenAsync($"/signers/{Signer}/request");
        await ada.FillAsync("Why", Reason);
        await ada.FillAsync("Number of signatures", "2");
        await ada.FillAsync("Time to sign", "1");
        await ada.PressAsync("Send the request");
        await ada.SeesAsync(Reason);
        return ada.Place;
    }

    private static async Task ApproveAsync(Visitor approver, string request)
    {
        await approver.OpenAsync("/");
        await approver.Page.Locator($"a[href='{request}']").ClickAsync();
        await approver.SeesAsync(Reason);
        await approver.PressAsync("Approve");
        await approver.PressInDialogAsync("Approve");
        await approver.SeesAsync("Your approval is recorded.");
    }

    private static Task<ApiAnswer> SignAsync(ApiClient client) => client.PostAsync($"/api/v1/pki/signers/{Signer}/sign", new
    {
        data = Convert.ToBase64String(new byte[32]),
        signingAlgorithm = "ECDSA_SHA256",
        isDigest = true,
        clientMetadata = new { tool = "osslsigncode", hostname = "build-07", fileName = "Setup.exe" },
    });

    private static async Task SeesSignatureAsync(Visitor visitor, ApiAnswer signed, string detail)
    {
        await visitor.OpenAsync($"/signers/{Signer}");
        await visitor.Page.Locator($"a[href$='{signed.Text("operationId")}']").ClickAsync();
        await visitor.SeesAsync("Place in the ledger");
        await visitor.SeesAsync(detail);
        Assert.Equal(signed.Text("signature"), await ReadAsync(visitor, "#signature"));
    }

    private static async Task RevokeAsync(Visitor admin)
    {
        await admin.OpenAsync($"/signers/{Signer}/approvals");
        await admin.PressAsync("Revoke the grant of Ada Okafor");
        await admin.Page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").FillAsync("Enough.");
        await admin.PressInDialogAsync("Revoke");
        await admin.SeesAsync("The grant is revoked.");
    }
}
