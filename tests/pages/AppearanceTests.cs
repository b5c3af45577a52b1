using CodeSigning.Pages.Tests.Browser;
using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests;

/// <summary>Every page in light, dark and on a phone: sound, and with a picture to look at.</summary>
[Collection(PagesFixture.Collection)]
public sealed class AppearanceTests(PagesFixture pages)
{
    public static TheoryData<string, Look> Public => Each("sign-in /sign-in", "password-reset /password-reset");

    public static TheoryData<string, Look> Own => Each(
        "inbox /", "request /requests/{request}", "requests /requests", "account /account",
        "password /account/password", "enrol /account/second-factor", "missing /nothing-here");

    public static TheoryData<string, Look> Empty => Each("empty-inbox /", "empty-requests /requests");

    [Theory]
    [MemberData(nameof(Public))]
    public Task Page_without_a_session_is_sound(string page, Look look) => CheckAsync(page, look, null);

    [Theory]
    [MemberData(nameof(Own))]
    public Task Page_of_an_approver_is_sound(string page, Look look) => CheckAsync(page, look, pages.Scene.Ben.Token);

    [Theory]
    [MemberData(nameof(Empty))]
    public Task Page_with_nothing_on_it_is_sound(string page, Look look) => CheckAsync(page, look, pages.Scene.Dora.Token);

    [Theory]
    [InlineData("people", "/people")]
    [InlineData("person", "/people/{user}")]
    [InlineData("machines", "/machines")]
    [InlineData("machine", "/machines/{machine}")]
    [InlineData("binding", "/machines/{machine}/oidc?ci=github")]
    [InlineData("binding-other", "/machines/{machine}/oidc?ci=other")]
    [InlineData("groups", "/groups")]
    [InlineData("group", "/groups/{group}")]
    [InlineData("policies", "/policies")]
    [InlineData("policy", "/policies/{policy}")]
    [InlineData("policy-edit", "/policies/{policy}/edit")]
    [InlineData("certificates", "/certificates")]
    [InlineData("issue", "/certificates/issue")]
    [InlineData("import-pem", "/certificates/import?as=pem")]
    [InlineData("cas", "/cas")]
    [InlineData("ledger", "/ledger")]
    [InlineData("checkpoints", "/ledger/checkpoints")]
    public async Task Page_of_an_administrator_is_sound(string name, string path)
    {
        var household = await pages.HouseholdAsync();
        await using var visitor = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await visitor.OpenAsync(household.Fill(path, pages.Scene));
        await visitor.IsSoundInEveryLookAsync(name);
    }

    [Theory]
    [InlineData(Look.Light)]
    [InlineData(Look.Dark)]
    [InlineData(Look.Phone)]
    public async Task Dialog_of_a_vote_is_sound(Look look)
    {
        await using var visitor = await pages.VisitAsync(pages.Scene.Ben.Token, look);
        await visitor.OpenAsync($"/requests/{await pages.Scene.NewRequestAsync("release", "A dialog to look at.", isBounded: false)}");
        await visitor.PressAsync("Approve");
        await visitor.IsSoundAsync();
        await visitor.KeepPictureAsync($"dialog-{look}".ToLowerInvariant());
    }

    [Theory]
    [InlineData(Look.Light)]
    [InlineData(Look.Phone)]
    public async Task Menu_of_the_account_is_sound(Look look)
    {
        await using var visitor = await pages.VisitAsync(pages.Scene.Ben.Token, look);
        await visitor.OpenAsync("/");
        await visitor.PressAsync("Account of Ben Lindqvist");
        await visitor.IsSoundAsync();
        await visitor.KeepPictureAsync($"menu-{look}".ToLowerInvariant());
    }

    [Fact]
    public async Task Theme_is_kept_for_this_browser()
    {
        await using var visitor = await pages.VisitAsync(pages.Scene.Ben.Token);
        await visitor.OpenAsync("/requests?status=pending");
        await visitor.PressAsync("Account of Ben Lindqvist");
        await visitor.PressAsync("Dark");

        await visitor.IsAtAsync("/requests?status=pending");
        await Assertions.Expect(visitor.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
    }

    private async Task CheckAsync(string page, Look look, string? token)
    {
        var (name, path) = (page.Split(' ')[0], page.Split(' ')[1]);
        if (path.Contains("{request}", StringComparison.Ordinal))
        {
            path = path.Replace("{request}", await pages.Scene.NewRequestAsync("release", "Hotfix for field outage INC-7731, limited to the EU ring."), StringComparison.Ordinal);
        }

        await using var visitor = await pages.VisitAsync(token, look);
        await visitor.OpenAsync(path);
        await visitor.KeepPictureAsync($"{name}-{look}".ToLowerInvariant());
        await visitor.IsSoundAsync();
    }

    private static TheoryData<string, Look> Each(params string[] pages)
    {
        var data = new TheoryData<string, Look>();
        foreach (var page in pages)
        {
            foreach (var look in Enum.GetValues<Look>())
            {
                data.Add(page, look);
            }
        }

        return data;
    }
}
