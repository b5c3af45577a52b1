using System.Text.Json.Nodes;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>People who sign in at an identity provider.</summary>
public sealed class SignInTests(ProviderGateway place) : IClassFixture<ProviderGateway>
{
    [Fact]
    public async Task Unknown_person_comes_in_as_a_member_with_nothing()
    {
        using var browser = place.NewBrowser();
        var answer = await browser.SignInAsync(place.Provider, NewSubject(), query: "?next=/requests%3Fmine%3D1");
        Assert.Equal(200, answer.Status);
        Assert.Contains("content=\"0; url=/requests?mine=1\"", answer.Text, StringComparison.Ordinal);
        var me = await browser.MeAsync();
        Assert.Equal(("Ann Example", "member", 0), ((string?)me["name"], (string?)me["productRole"], me["groups"]!.AsArray().Count));
        Assert.Equal(["singleSignOn"], me["session"]!["methods"]!.AsArray().Select(method => (string?)method));
        Assert.Null(me["session"]!["secondFactorAt"]);
        var user = await place.Administrator.GetAsync($"/users/{me["id"]}", 200);
        Assert.Equal((true, null), ((bool?)user["isExternal"], (string?)user["email"]));
    }

    [Fact]
    public async Task Same_subject_is_the_same_person()
    {
        var subject = NewSubject();
        var first = await SignInAsync(subject);
        var second = await SignInAsync(subject, claims => claims["name"] = "Ann Married");
        Assert.Equal((string?)first["id"], (string?)second["id"]);
        Assert.Equal("Ann Married", (string?)second["name"]);
        Assert.NotEqual((string?)first["id"], (string?)(await SignInAsync(NewSubject()))["id"]);
    }

    [Fact]
    public async Task Address_makes_nobody_another_person()
    {
        var me = await SignInAsync(NewSubject(), claims => (claims["email"], claims["email_verified"]) = (RunningGateway.AdministratorEmail, true));
        Assert.Equal("member", (string?)me["productRole"]);
        var user = await place.Administrator.GetAsync($"/users/{me["id"]}", 200);
        Assert.Null((string?)user["email"]);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(null, false)]
    public async Task Address_is_taken_where_the_provider_verified_it(bool? isVerified, bool isTaken)
    {
        var address = NewSubject() + "@example.com";
        var me = await SignInAsync(NewSubject(), claims => (claims["email"], claims["email_verified"]) = (address, isVerified));
        var user = await place.Administrator.GetAsync($"/users/{me["id"]}", 200);
        Assert.Equal(isTaken ? address : null, (string?)user["email"]);
    }

    [Theory]
    [InlineData("\u202Eevil", "ann", "ann")]
    [InlineData(null, null, "Person of the identity provider")]
    public async Task Name_is_one_that_people_can_read(string? name, string? fallback, string expected)
    {
        var me = await SignInAsync(NewSubject(), claims => (claims["name"], claims["preferred_username"]) = (name, fallback));
        Assert.Equal(expected, (string?)me["name"]);
    }

    [Fact]
    public async Task Groups_are_those_of_the_last_claim()
    {
        var subject = NewSubject();
        var (left, right) = (NewSubject(), NewSubject());
        await CreateGroupAsync(left);
        await CreateGroupAsync(right);
        await place.Administrator.PostAsync("/groups", new { name = NewSubject() });
        Assert.Equal([left], GroupsOf(await SignInAsync(subject, claims => claims["groups"] = new JsonArray(left, "unknown"))));
        Assert.Equal([right], GroupsOf(await SignInAsync(subject, claims => claims["groups"] = right)));
        Assert.Empty(GroupsOf(await SignInAsync(subject)));
        var actions = (await place.Administrator.GetAsync("/ledger/entries?limit=8", 200))["items"]!.AsArray().Select(entry => (string?)entry!["action"]);
        // What one sign-in changes has one time, and no order.
        Assert.Equal(["group.addMember", "group.addMember", "group.removeMember", "group.removeMember"], actions.Where(IsOfMembers).Order());
    }

    [Fact]
    public async Task People_of_a_marked_group_are_not_added_by_hand()
    {
        var group = await CreateGroupAsync(NewSubject());
        var me = await SignInAsync(NewSubject());
        var refusal = await place.Administrator.PostAsync($"/groups/{group["id"]}/members", new { kind = "user", id = (string?)me["id"] }, 409);
        Assert.Equal("WrongState", (string?)refusal["code"]);
    }

    [Fact]
    public async Task Group_with_people_gets_no_external_name()
    {
        var group = await place.Administrator.PostAsync("/groups", new { name = NewSubject() });
        var me = await SignInAsync(NewSubject());
        await place.Administrator.PostAsync($"/groups/{group["id"]}/members", new { kind = "user", id = (string?)me["id"] });
        var refusal = await place.Administrator.PatchAsync($"/groups/{group["id"]}", new { externalName = "approvers" }, 409);
        Assert.Equal("WrongState", (string?)refusal["code"]);
    }

    [Fact]
    public async Task Approval_mark_needs_an_external_name() =>
        await place.Administrator.PostAsync("/groups", new { name = NewSubject(), mayApprove = true }, 400);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_a_group_that_is_marked_for_it_approves(bool mayApprove)
    {
        var name = NewSubject();
        var group = await CreateGroupAsync(name, mayApprove);
        await SignInAsync(NewSubject(), claims => claims["groups"] = name);
        var policy = await place.Administrator.PostAsync("/pki/signing-policies", PolicyOf(group), mayApprove ? 201 : 400);
        Assert.Equal(mayApprove ? null : "UnreachableApproval", (string?)policy["code"]);
    }

    [Fact]
    public async Task Person_disabled_here_does_not_come_in()
    {
        var subject = NewSubject();
        var me = await SignInAsync(subject);
        await place.Administrator.PatchAsync($"/users/{me["id"]}", new { status = "disabled" });
        using var browser = place.NewBrowser();
        Assert.Equal((403, "accountDisabled"), await StatusAsync(browser.SignInAsync(place.Provider, subject)));
    }

    [Fact]
    public async Task Person_deleted_here_comes_back_as_another()
    {
        var subject = NewSubject();
        var before = await SignInAsync(subject);
        await place.Administrator.DeleteAsync($"/users/{before["id"]}", 204);
        Assert.NotEqual((string?)before["id"], (string?)(await SignInAsync(subject))["id"]);
    }

    [Fact]
    public async Task Nobody_gives_a_person_of_the_provider_a_password()
    {
        var me = await SignInAsync(NewSubject());
        var refusal = await place.Administrator.PatchAsync($"/users/{me["id"]}", new { password = "a password of eve's" }, 409);
        Assert.Equal("WrongState", (string?)refusal["code"]);
        await place.Administrator.PostAsync($"/users/{me["id"]}/password-reset", new { }, 409);
    }

    [Theory]
    [InlineData("amr", "mfa", -60, true)]
    [InlineData("acr", "strong", -60, true)]
    [InlineData("amr", "mfa", null, false)]
    [InlineData("amr", "pwd", -60, false)]
    public async Task Second_factor_of_the_provider_counts_as_set(string claim, string value, int? provedAt, bool counts)
    {
        var me = await SignInAsync(NewSubject(), claims =>
        {
            claims[claim] = claim == "amr" ? new JsonArray("pwd", value) : value;
            claims["auth_time"] = provedAt is { } seconds ? LocalProvider.Now(seconds) : null;
        });
        Assert.Equal(counts, me["session"]!["secondFactorAt"] is not null);
    }

    [Fact]
    public async Task Fresh_sign_in_asks_the_provider_to_ask_again()
    {
        using var browser = place.NewBrowser();
        var request = await browser.BeginAsync("?fresh=true");
        Assert.Contains("prompt=login", request.Query, StringComparison.Ordinal);
        Assert.Contains("max_age=0", request.Query, StringComparison.Ordinal);
        var callback = place.Provider.Authorize(request, NewSubject(), new Spoiling { Claims = claims => claims["auth_time"] = LocalProvider.Now() });
        Assert.Equal(200, (await browser.ReturnAsync(callback)).Status);
    }

    [Fact]
    public async Task Pages_learn_how_people_sign_in()
    {
        var methods = await place.Gateway.Http.GetAsync("/auth/sign-in-methods", 200);
        Assert.True((bool)methods["localAccounts"]!);
        Assert.Equal("Example Login", (string?)methods["singleSignOn"]!["name"]);
        Assert.Equal("/api/v1/auth/sso", (string?)methods["singleSignOn"]!["path"]);
    }

    [Fact]
    public async Task Providers_person_enrols_an_app_after_a_recent_sign_in()
    {
        using var browser = place.NewBrowser();
        Assert.Equal(200, (await browser.SignInAsync(place.Provider, NewSubject())).Status);
        var begun = await browser.PostAsync("/me/factors/totp", new { currentPassword = "" });
        Assert.NotNull((string?)begun["secret"]);
    }

    private static string NewSubject() => "s" + Guid.NewGuid().ToString("N");

    private static bool IsOfMembers(string? action) => action?.EndsWith("Member", StringComparison.Ordinal) == true;

    private static IEnumerable<string?> GroupsOf(JsonNode me) => me["groups"]!.AsArray().Select(group => (string?)group!["name"]);

    private static async Task<(int Status, string Fault)> StatusAsync(Task<SignInAnswer> signIn) => (await signIn) is var answer ? (answer.Status, answer.Fault) : default;

    private static object PolicyOf(JsonNode group) => new
    {
        name = NewSubject(),
        constraints = new { maxSignings = 1 },
        steps = new[] { new { requiredApprovals = 1, approvers = new[] { new { kind = "group", id = (string?)group["id"] } } } },
    };

    private Task<JsonNode> CreateGroupAsync(string name, bool mayApprove = false) =>
        place.Administrator.PostAsync("/groups", new { name, externalName = name, mayApprove });

    private async Task<JsonNode> SignInAsync(string subject, Action<JsonObject>? claims = null)
    {
        using var browser = place.NewBrowser();
        var answer = await browser.SignInAsync(place.Provider, subject, new Spoiling { Claims = claims });
        Assert.True(answer.Status == 200, answer.Text);
        return await browser.MeAsync();
    }
}
