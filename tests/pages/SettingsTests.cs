using CodeSigning.Pages.Tests.Browser;

namespace CodeSigning.Pages.Tests;

/// <summary>The settings: webhooks, and what the server says of itself.</summary>
[Collection(PagesFixture.Collection)]
public sealed class SettingsTests(PagesFixture pages)
{
    [Fact]
    public async Task Webhook_is_made_with_a_secret_and_deleted()
    {
        await using var administrator = await pages.VisitAsync(pages.Scene.Administrator.Token);
        await administrator.OpenAsync("/settings");
        await administrator.SeesAsync("CODESIGNING_SMTP_HOST");
        await administrator.PressAsync("New webhook");
        await administrator.FillAsync("Address", "http://example.com/hook");
        await administrator.PressInDialogAsync("Create");
        await administrator.SeesAsync("The field 'url' is invalid");
        await administrator.FillAsync("Address", "https://hooks.invalid/hook");
        await administrator.Page.GetByText("signing.denied").ClickAsync();
        await administrator.PressInDialogAsync("Create");
        await administrator.SeesAsync("It is shown only now.");
        await administrator.FollowAsync("I have kept it");
        await administrator.SeesAsync("Deliveries"); // Events of before may be on their way.
        await administrator.PressAsync("Send a test");
        await administrator.SeesAsync("The test was not delivered to https://hooks.invalid/hook.");
        await administrator.IsSoundInEveryLookAsync("webhook");
        await administrator.OpenAsync("/settings");
        await administrator.IsSoundInEveryLookAsync("settings");
        await administrator.FollowAsync("https://hooks.invalid/hook");
        await administrator.PressAsync("Delete");
        await administrator.PressInDialogAsync("Delete");

        await administrator.SeesAsync("The webhook is deleted.");
    }

    [Fact]
    public async Task Settings_are_for_administrators_alone()
    {
        await using var dora = await pages.VisitAsync(pages.Scene.Dora.Token);

        Assert.Equal(403, (await dora.OpenAsync("/settings"))!.Status);
    }
}
