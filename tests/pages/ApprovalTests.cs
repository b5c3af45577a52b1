using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Testing;

namespace CodeSigning.Pages.Tests;

/// <summary>The approver's pages.</summary>
[Collection(PagesFixture.Collection)]
public sealed class ApprovalTests(PagesFixture pages)
{
    [Fact]
    public async Task Two_approvers_approve_one_of_them_on_a_phone()
    {
        var request = await pages.Scene.NewRequestAsync("release", "Two approvers.");
        await using var ben = await pages.VisitAsync(pages.Scene.Ben.Token);
        await using var cleo = await pages.VisitAsync(pages.Scene.Cleo.Token, Look.Phone);

        await ben.OpenAsync($"/requests/{request}");
        await ben.PressAsync("Approve");
        await ben.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog).GetByLabel("Comment (optional)").FillAsync("Checked the build log.");
        await ben.PressInDialogAsync("Approve");
        await ben.SeesAsync("Your approval is recorded.");
        await cleo.OpenAsync($"/requests/{request}");
        await cleo.SeesAsync("Checked the build log.");
        await cleo.PressAsync("Approve");
        await cleo.PressInDialogAsync("Approve");
        await cleo.SeesAsync("Your approval is recorded.");

        Assert.Equal("approved", await pages.Scene.StatusOfAsync(request, pages.Scene.Ada));
    }

    [Fact]
    public async Task Rejection_takes_a_reason_and_ends_the_request()
    {
        var request = await pages.Scene.NewRequestAsync("release", "To be rejected.");
        await using var ben = await pages.VisitAsync(pages.Scene.Ben.Token);

        await ben.OpenAsync($"/requests/{request}");
        await ben.PressAsync("Reject");
        await ben.Page.GetByLabel("Reason").FillAsync("   ");
        await ben.PressInDialogAsync("Reject");
        await ben.SeesAsync("The field 'comment' is required for a rejection");
        Assert.Equal("pending", await pages.Scene.StatusOfAsync(request, pages.Scene.Ben));
        await ben.Page.GetByLabel("Reason").FillAsync("Not this week.");
        await ben.PressInDialogAsync("Reject");

        await ben.SeesAsync("Your rejection is recorded");
        Assert.Equal("rejected", await pages.Scene.StatusOfAsync(request, pages.Scene.Ada));
    }

    [Fact]
    public async Task Inbox_holds_only_what_waits_for_its_person()
    {
        var request = await pages.Scene.NewRequestAsync("release", "Whose turn it is.");
        var row = $"a[href='/requests/{request}']";
        await using var ben = await pages.VisitAsync(pages.Scene.Ben.Token);
        await using var cleo = await pages.VisitAsync(pages.Scene.Cleo.Token);
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);

        Assert.Equal((1, 0, 0), (await CountAsync(ben, row), await CountAsync(cleo, row), await CountAsync(ada, row)));
        (await pages.Server.As(pages.Scene.Ben.Token).PostAsync($"/api/v1/pki/approval-requests/{request}/approve")).Succeeded();
        Assert.Equal((0, 1, 0), (await CountAsync(ben, row), await CountAsync(cleo, row), await CountAsync(ada, row)));
    }

    [Fact]
    public async Task Vote_proves_the_second_factor_in_place()
    {
        var signer = $"s{Guid.NewGuid():n}"[..20];
        var person = await pages.Scene.NewPersonAsync("Jon Careful");
        var app = await pages.Scene.EnrolAsync(person);
        await pages.Scene.NewSignerAsync(signer, person, secondFactorWithin: "5s");
        var request = await pages.Scene.NewRequestAsync(signer, "With a second factor.");
        await using var jon = await pages.VisitAsync(person.Token);

        await Eventually.HoldsAsync(async () =>
        {
            await jon.OpenAsync($"/requests/{request}");
            return await jon.Page.Locator("#approve-code").CountAsync() == 1;
        });
        await jon.PressAsync("Approve");
        var code = jon.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog).GetByLabel("Code of your authenticator app");
        await code.FillAsync(app.WrongCode);
        await jon.PressInDialogAsync("Approve");
        await jon.SeesAsync("The code is incorrect");
        await code.FillAsync(app.CodeAt(TimeSpan.FromSeconds(30)));
        await jon.PressInDialogAsync("Approve");

        await jon.SeesAsync("Your approval is recorded.");
    }

    [Fact]
    public async Task Requester_cancels_and_cannot_vote()
    {
        var request = await pages.Scene.NewRequestAsync("release", "To be cancelled.");
        await using var ada = await pages.VisitAsync(pages.Scene.Ada.Token);

        await ada.OpenAsync($"/requests/{request}");
        Assert.Equal(0, await ada.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Approve" }).CountAsync());
        await ada.PressAsync("Cancel the request");
        await ada.PressInDialogAsync("Cancel the request");

        await ada.SeesAsync("Cancelled");
    }

    [Fact]
    public async Task Request_of_others_is_no_page_for_a_stranger()
    {
        var request = await pages.Scene.NewRequestAsync("release", "Nothing for Dora.");
        await using var dora = await pages.VisitAsync(pages.Scene.Dora.Token);

        var answer = await dora.OpenAsync($"/requests/{request}");

        Assert.Equal(404, answer!.Status);
        await dora.SeesAsync("The request does not exist or is not visible to you.");
        Assert.DoesNotContain("Nothing for Dora.", await dora.Page.ContentAsync(), StringComparison.Ordinal);
    }

    private static async Task<int> CountAsync(Visitor visitor, string row)
    {
        await visitor.OpenAsync("/");
        return await visitor.Page.Locator(row).CountAsync();
    }
}
