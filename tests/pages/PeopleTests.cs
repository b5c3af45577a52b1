using System.Text.Json;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;

namespace CodeSigning.Pages.Tests;

/// <summary>People, machine identities and groups.</summary>
[Collection(PagesFixture.Collection)]
public sealed class PeopleTests(PagesFixture pages)
{
    [Fact]
    public async Task Sessions_of_another_person_are_ended_after_a_question()
    {
        var person = await pages.Scene.NewPersonAsync("Nora Leaves");
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync($"/people/{person.Id}");
        await administrator.PressAsync("End all sessions");
        await administrator.SeesAsync("End all sessions of Nora Leaves?");
        (await pages.Server.As(person.Token).GetAsync("/api/v1/me")).Succeeded();
        await administrator.PressInDialogAsync("End them");

        await administrator.SeesAsync("All sessions have ended.");
        (await pages.Server.As(person.Token).GetAsync("/api/v1/me")).Refused(401, "Unauthenticated");
    }

    [Fact]
    public async Task Invited_person_chooses_a_password_by_the_link_shown_once()
    {
        var email = $"eve-{Guid.NewGuid():n}@example.com";
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/people");
        await administrator.PressAsync("Invite a person");
        await administrator.FillAsync("Name", "Eve Tanaka");
        await administrator.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog).GetByLabel("Email address").FillAsync(email);
        await administrator.PressInDialogAsync("Invite");
        var link = await administrator.Page.Locator("#shown-link").TextContentAsync();

        await using var eve = await pages.VisitAsync();
        await eve.OpenAsync(link![link!.IndexOf("/password-reset", StringComparison.Ordinal)..]);
        await eve.FillAsync("New password", Scene.Password);
        await eve.FillAsync("The same again", Scene.Password);
        await eve.PressAsync("Set the password");
        await eve.IsAtAsync("/sign-in?after=password-set");
        await administrator.OpenAsync("/people");
        Assert.Equal(0, await administrator.Page.Locator("#shown-link").CountAsync());
    }

    [Fact]
    public async Task Address_that_is_taken_is_told_in_the_dialog()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/people");
        await administrator.PressAsync("Invite a person");
        await administrator.FillAsync("Name", "Ben again");
        await administrator.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog).GetByLabel("Email address").FillAsync(pages.Scene.Ben.Email);
        await administrator.PressInDialogAsync("Invite");

        await administrator.SeesAsync("already");
    }

    [Fact]
    public async Task Disabled_person_is_signed_out_everywhere()
    {
        var person = await pages.Scene.NewPersonAsync("Finn Leaver");
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync($"/people/{person.Id}");
        await administrator.PressAsync("Disable");
        await administrator.PressInDialogAsync("Disable");

        await administrator.SeesAsync("Disabled: every session has ended.");
        Assert.Equal(401, (await pages.Server.As(person.Token).GetAsync("/api/v1/me")).Status);
    }

    [Fact]
    public async Task Role_is_given_and_person_is_deleted()
    {
        var person = await pages.Scene.NewPersonAsync("Gail Riser");
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync($"/people/{person.Id}");
        await administrator.Page.GetByLabel("Role").SelectOptionAsync("Product administrator");
        await administrator.PressAsync("Save");
        await administrator.SeesAsync("The change is saved.");
        Assert.Equal("admin", (await pages.Scene.Administrator.GetAsync($"/api/v1/users/{person.Id}")).Succeeded().Text("productRole"));
        await administrator.PressAsync("Delete");
        await administrator.PressInDialogAsync("Delete");
        await administrator.IsAtAsync("/people");

        Assert.Equal(404, (await pages.Scene.Administrator.GetAsync($"/api/v1/users/{person.Id}")).Status);
    }

    [Fact]
    public async Task Client_secret_is_shown_once_and_logs_in()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/machines");
        await administrator.PressAsync("New machine identity");
        await administrator.FillAsync("Name", $"ci-{Guid.NewGuid():n}"[..20]);
        await administrator.PressInDialogAsync("Create");
        await administrator.PressAsync("New client secret");
        await administrator.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog).GetByLabel("Description (optional)").FillAsync("Tests");
        await administrator.PressInDialogAsync("Create");
        await administrator.SeesAsync("The secret is shown only now.");
        var secret = await administrator.Page.Locator("#shown-client-secret").TextContentAsync();
        var client = await administrator.Page.Locator("#shown-client-id").TextContentAsync();
        await administrator.IsSoundInEveryLookAsync("client-secret");
        await administrator.FollowAsync("I have kept it");

        await administrator.SeesAsync("Tests");
        Assert.DoesNotContain(secret!, await administrator.Page.ContentAsync(), StringComparison.Ordinal);
        (await pages.Server.AsNobody().PostAsync("/api/v1/auth/universal-auth/login", new { clientId = client, clientSecret = secret })).Succeeded();
    }

    [Fact]
    public async Task Binding_to_GitHub_binds_ids_under_its_issuer()
    {
        var machine = (await pages.Scene.Administrator.PostAsync("/api/v1/identities", new { name = $"gh-{Guid.NewGuid():n}"[..20] })).Succeeded().Text("id");
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync($"/machines/{machine}/oidc?ci=github");
        await administrator.FillAsync("Repository's id", "74627617");
        await administrator.FillAsync("Owner's id", "65600975");
        await administrator.PressAsync("Save the binding");
        await administrator.SeesAsync("The binding is saved.");

        var bound = (await pages.Scene.Administrator.GetAsync($"/api/v1/identities/{machine}")).Succeeded().Json.GetProperty("oidc");
        Assert.Equal("https://token.actions.githubusercontent.com", bound.GetProperty("issuer").GetString());
        Assert.Equal(
            """{"ref":"refs/heads/main","repository_id":"74627617","repository_owner_id":"65600975"}""",
            JsonSerializer.Serialize(bound.GetProperty("claims")));
    }

    [Fact]
    public async Task Binding_that_lets_everybody_in_is_refused()
    {
        var machine = (await pages.Scene.Administrator.PostAsync("/api/v1/identities", new { name = $"any-{Guid.NewGuid():n}"[..20] })).Succeeded().Text("id");
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync($"/machines/{machine}/oidc?ci=other");
        await administrator.FillAsync("Issuer", "https://ci.example.com");
        await administrator.FillAsync("Subject (optional)", "*");
        await administrator.PressAsync("Save the binding");

        await administrator.SeesAsync("The binding is too broad");
    }

    [Fact]
    public async Task Group_takes_members_by_address_and_lets_them_go()
    {
        await using var administrator = await AsAdministratorAsync();
        await administrator.OpenAsync("/groups");
        await administrator.PressAsync("New group");
        await administrator.FillAsync("Name", $"Group {Guid.NewGuid():n}"[..20]);
        await administrator.PressInDialogAsync("Create");
        await administrator.SeesAsync("Nobody is in this group");
        await administrator.PressAsync("Add a member");
        await administrator.FillAsync("Email address, or name of a machine identity", pages.Scene.Ada.Email);
        await administrator.PressInDialogAsync("Add");
        await administrator.SeesAsync("The member is added.");
        await administrator.PressAsync("Remove Ada Okafor");
        await administrator.PressInDialogAsync("Remove");

        await administrator.SeesAsync("The member is removed.");
        await administrator.SeesAsync("Nobody is in this group");
    }

    [Theory]
    [InlineData("/people/{user}")]
    [InlineData("/machines/{machine}")]
    [InlineData("/people")]
    public async Task Member_sees_names_and_no_more(string path)
    {
        var household = await pages.HouseholdAsync();
        await using var dora = await pages.VisitAsync(pages.Scene.Dora.Token);
        await dora.OpenAsync(household.Fill(path, pages.Scene));

        Assert.Equal(0, await dora.Page.Locator("main form, main dialog").CountAsync());
        Assert.DoesNotContain("@example.com", await dora.Page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/groups/{group}")]
    [InlineData("/machines/{machine}/oidc")]
    [InlineData("/policies/{policy}/edit")]
    [InlineData("/policies/new")]
    public async Task Member_is_refused_what_administrators_alone_do(string path)
    {
        var household = await pages.HouseholdAsync();
        await using var dora = await pages.VisitAsync(pages.Scene.Dora.Token);

        var answer = await dora.OpenAsync(household.Fill(path, pages.Scene));

        Assert.Equal(403, answer!.Status);
    }

    private Task<Visitor> AsAdministratorAsync() => pages.VisitAsync(pages.Scene.Administrator.Token);
}
