using CodeSigning.Pages.Tests.Browser;

namespace CodeSigning.Pages.Tests;

/// <summary>The editor of policies.</summary>
[Collection(PagesFixture.Collection)]
public sealed class PolicyTests(PagesFixture pages)
{
    [Fact]
    public async Task Policy_of_two_steps_reads_as_a_line()
    {
        await pages.HouseholdAsync();
        var name = $"Policy {Guid.NewGuid():n}"[..20];
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync("/policies/new");
        await administrator.FillAsync("Name of the policy", name);
        await administrator.FillAsync("Approvals needed", "2");
        await administrator.FillAsync("Add to step 1", "Release leads");
        await administrator.PressFirstAsync("Add");
        await administrator.SeesAsync("2 of Release leads");
        await administrator.PressAsync("Add a step after these");
        await administrator.FillAsync("Add to step 2", pages.Scene.Dora.Email);
        await administrator.FillAsync("Most signatures", "5");
        await administrator.FillAsync("Second factor not older than", "15");
        await administrator.PressAsync("Create the policy");

        await administrator.SeesAsync("The policy is saved.");
        await administrator.SeesAsync("1 of Dora Novak");
        await administrator.SeesAsync("5 signatures in 8 hours");
        await administrator.SeesAsync("not older than 15 minutes");
    }

    [Fact]
    public async Task Step_that_cannot_be_filled_is_warned_of_and_refused()
    {
        await pages.HouseholdAsync();
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync("/policies/new");
        await administrator.FillAsync("Name of the policy", "Too many");
        await administrator.FillAsync("Approvals needed", "3");
        await administrator.FillAsync("Add to step 1", "Release leads");
        await administrator.PressFirstAsync("Add");
        await administrator.SeesAsync("Step 1 cannot be filled: it needs 3 approvals and has 2 active approvers.");
        await administrator.IsSoundInEveryLookAsync("policy-short");
        await administrator.PressAsync("Create the policy");

        await administrator.SeesAsync("step 1 has only 2 active approvers");
    }

    [Fact]
    public async Task Approver_that_is_nobody_is_told_at_its_field()
    {
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync("/policies/new");
        await administrator.FillAsync("Name of the policy", "Kept as typed");
        await administrator.FillAsync("Add to step 1", "No such group");
        await administrator.PressFirstAsync("Add");

        await administrator.SeesAsync("names nobody");
        Assert.Equal("Kept as typed", await administrator.Page.GetByLabel("Name of the policy").InputValueAsync());
    }

    [Fact]
    public async Task Deleting_asks_and_keeps_a_policy_in_use()
    {
        var used = (await pages.Scene.Administrator.GetAsync("/api/v1/pki/signers/release")).Succeeded().Text("approvalPolicyId");
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync($"/policies/{used}");
        await administrator.PressAsync("Delete");
        await administrator.PressInDialogAsync("Delete");

        await administrator.SeesAsync("The signing policy is in use by a signer");
    }
}
