using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>What people do on the signers' pages.</summary>
[Collection(PagesFixture.Collection)]
public sealed class SignerTests(PagesFixture pages)
{
    private Scene Scene => pages.Scene;

    private string Admin => Scene.Administrator.Token!;

    [Fact]
    public async Task List_is_searched_by_a_part_of_the_description()
    {
        var name = await NewOpenSignerAsync("Firmware of the heat pump");
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync("/signers");
        await admin.Page.GetByRole(AriaRole.Searchbox).FillAsync("heat PUMP");
        await admin.PressAsync("Search");

        await Assertions.Expect(admin.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await admin.FollowAsync(name);
        await admin.IsAtAsync($"/signers/{name}");
    }

    [Fact]
    public async Task Activity_is_filtered_by_links_that_can_be_sent()
    {
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync("/signers/release");
        await admin.FollowAsync("Denied");
        await admin.IsAtAsync("/signers/release?status=denied");
        await Assertions.Expect(admin.Page.Locator("tbody tr .badge-good")).ToHaveCountAsync(0);
        await admin.Page.Locator("tbody a.quiet").First.ClickAsync();

        await admin.IsAtAsync($"/signers/release?status=denied&actor={Scene.Ada.Id}");
        await admin.SeesAsync("ApprovalRequired");
    }

    [Fact]
    public async Task Entry_shows_its_place_in_the_ledger()
    {
        var operation = (await Scene.SignAsync(Scene.Ada, "nightly")).Succeeded().Text("operationId");
        await using var eli = await pages.VisitAsync(Scene.Eli.Token);
        await eli.OpenAsync("/signers/nightly");
        await eli.Page.Locator($"a[href$='{operation}']").ClickAsync();

        await eli.SeesAsync("Hash of the entry before");
        await eli.SeesAsync("Setup.exe");
        var entry = (await pages.Server.As(Scene.Eli.Token).GetAsync($"/api/v1/pki/signers/nightly/operations/{operation}")).Succeeded();
        Assert.Equal(entry.Text("hash"), await eli.Page.Locator("#hash").TextContentAsync());
    }

    [Fact]
    public async Task Member_is_added_promoted_and_removed()
    {
        var name = await NewOpenSignerAsync();
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{name}/members");
        await admin.Page.GetByText("Not in the list").ClickAsync();
        await admin.FillAsync("Email address, name or id", "nobody@example.com");
        await admin.PressAsync("Add");
        await admin.SeesAsync("expected the id or email address of an existing user");
        await admin.FillAsync("Email address, name or id", "");
        await admin.Page.GetByLabel("Member", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Ben Lindqvist (person)" });
        await admin.PressAsync("Add");
        await admin.SeesAsync("The member is added.");

        await admin.PressAsync("Change role of Ben Lindqvist");
        await admin.Page.GetByRole(AriaRole.Dialog).GetByLabel("Role").SelectOptionAsync("auditor");
        await admin.PressInDialogAsync("Change");
        await admin.SeesAsync("The role is changed.");
        await Assertions.Expect(admin.Page.Locator("tr", new PageLocatorOptions { HasText = "Ben Lindqvist" })).ToContainTextAsync("Auditor");

        await admin.PressAsync("Remove Ben Lindqvist");
        await admin.PressInDialogAsync("Remove");
        await admin.SeesAsync("The member is removed.");
        (await pages.Server.As(Scene.Ben.Token).GetAsync($"/api/v1/pki/signers/{name}")).Refused(404, "NotFound");
    }

    [Fact]
    public async Task Grant_is_revoked_with_a_reason()
    {
        var signer = $"s{Guid.NewGuid():n}"[..20];
        await Scene.NewSignerAsync(signer);
        await Scene.PreApproveAsync(signer);
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{signer}/approvals");
        await admin.PressAsync("Revoke the grant of Ada Okafor");
        await admin.SeesAsync("Its 5 unused signatures are lost.");
        await admin.Page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").FillAsync("The release is off.");
        await admin.PressInDialogAsync("Revoke");

        await admin.SeesAsync("The grant is revoked.");
        (await Scene.SignAsync(Scene.Ada, signer)).Refused(403, "GrantRevoked");
    }

    [Fact]
    public async Task Signatures_are_pre_approved_for_a_member()
    {
        var signer = $"s{Guid.NewGuid():n}"[..20];
        await Scene.NewSignerAsync(signer);
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{signer}/pre-approve");
        await admin.FillAsync("Why", "Ahead of the launch.");
        await admin.FillAsync("Number of signatures", "3");
        await admin.FillAsync("Time to sign", "2");
        await admin.PressAsync("Pre-approve");

        await admin.SeesAsync("The grant is valid now.");
        (await Scene.SignAsync(Scene.Ada, signer)).Succeeded();
    }

    [Fact]
    public async Task Request_beyond_the_policy_is_refused_at_its_field()
    {
        await using var ada = await pages.VisitAsync(Scene.Ada.Token);
        await ada.OpenAsync("/signers/release/request");
        await ada.SeesAsync("Two steps for release");
        await ada.FillAsync("Why", "Too long a time.");
        await ada.FillAsync("Time to sign", "9");
        await ada.PressAsync("Send the request");
        await Assertions.Expect(ada.Page.Locator("#request-requestedWindowDuration-error, .notice-bad").First).ToBeVisibleAsync();
        await ada.FillAsync("Time to sign", "2");
        await ada.Page.GetByText("Limit what may be signed").ClickAsync();
        await ada.FillAsync("Digests", "sha256:zz");
        await ada.PressAsync("Send the request");
        await Assertions.Expect(ada.Page.Locator("[id='request-scope.digests-error']")).ToBeVisibleAsync();
        await ada.FillAsync("Digests", "");
        await ada.PressAsync("Send the request");

        await ada.SeesAsync("Too long a time.");
        Assert.StartsWith("/requests/req_", ada.Place, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Emergency_stop_asks_and_lists_what_was_signed()
    {
        var name = await NewOpenSignerAsync();
        (await Scene.SignAsync(Scene.Ada, name)).Succeeded();
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{name}/stop");
        await admin.FillAsync("Reason", "The key may be stolen.");
        await admin.PressAsync($"Stop {name}");
        await admin.SeesAsync("Running builds fail at their next signature.");
        await admin.PressInDialogAsync("Stop it now");

        await admin.SeesAsync($"{name} is stopped");
        await Assertions.Expect(admin.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await admin.IsSoundInEveryLookAsync("signer-stopped");
        (await Scene.SignAsync(Scene.Ada, name)).Refused(400, "SignerDisabled");
    }

    [Fact]
    public async Task Signer_is_renamed_disabled_enabled_and_deleted()
    {
        var name = await NewOpenSignerAsync();
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{name}/settings");
        await admin.FillAsync("Name", name + "x");
        await admin.Page.Locator("form:has(#describe-name)").GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await admin.IsAtAsync($"/signers/{name}x/settings?after=saved");

        await admin.PressAsync($"Disable {name}x");
        await admin.PressInDialogAsync("Disable");
        await admin.SeesAsync("The signer is disabled.");
        await admin.PressAsync($"Enable {name}x");
        await admin.SeesAsync("The signer is enabled.");

        await admin.PressAsync($"Delete {name}x");
        await admin.FillAsync($"Type {name}x to confirm", "no");
        await admin.PressInDialogAsync("Delete");
        await admin.SeesAsync("is not the signer's name");
        await admin.FillAsync($"Type {name}x to confirm", name + "x");
        await admin.PressInDialogAsync("Delete");
        await admin.SeesAsync("The signer is deleted.");
    }

    [Fact]
    public async Task Client_secret_is_shown_once_in_the_configuration()
    {
        var name = await NewOpenSignerAsync();
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{name}/set-up");
        await admin.PressAsync("Make a client secret");
        await admin.SeesAsync("It is shown this once.");

        var secret = await admin.Page.Locator("#client-secret").TextContentAsync();
        Assert.Contains(secret!, await admin.Page.Locator("#configuration-with-secret").TextContentAsync(), StringComparison.Ordinal);
        var token = await pages.Server.AsNobody().LogInWithSecretAsync(Scene.Machine, secret!);
        (await pages.Server.As(token).GetAsync($"/api/v1/pki/signers/{name}")).Succeeded();
        await admin.OpenAsync($"/signers/{name}/set-up");
        Assert.DoesNotContain(secret!, await admin.Page.ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_is_downloaded_and_bound_anew()
    {
        var name = await NewOpenSignerAsync();
        await using var admin = await pages.VisitAsync(Admin);
        await admin.OpenAsync($"/signers/{name}/certificate");
        var download = await admin.Page.RunAndWaitForDownloadAsync(() => admin.FollowAsync("Chain (.pem)"));
        Assert.Equal(2, (await File.ReadAllTextAsync(await download.PathAsync())).Split("BEGIN CERTIFICATE").Length - 1);

        var before = await admin.Page.Locator("#thumbprint").TextContentAsync();
        await admin.PressAsync("Bind");
        await admin.PressInDialogAsync("Bind it");
        await admin.SeesAsync("signs with this certificate from now on");
        Assert.NotEqual(before, await admin.Page.Locator("#thumbprint").TextContentAsync());
    }

    private async Task<string> NewOpenSignerAsync(string description = "A signer of a test")
    {
        var name = $"s{Guid.NewGuid():n}"[..16];
        await Scene.NewOpenSignerAsync(name, description);
        return name;
    }
}
