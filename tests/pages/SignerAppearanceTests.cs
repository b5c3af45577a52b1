using CodeSigning.Pages.Tests.Browser;

namespace CodeSigning.Pages.Tests;

/// <summary>The signers' pages in light, dark and on a phone: sound, and with a picture to look at.</summary>
[Collection(PagesFixture.Collection)]
public sealed class SignerAppearanceTests(PagesFixture pages)
{
    [Theory]
    [InlineData("signers", "/signers")]
    [InlineData("signers-none-found", "/signers?search=nothing-like-it")]
    [InlineData("signer-activity", "/signers/release")]
    [InlineData("signer-activity-filtered", "/signers/release?status=denied&from=2026-01-01T00:00")]
    [InlineData("signer-approvals", "/signers/release/approvals")]
    [InlineData("signer-approvals-none", "/signers/nightly/approvals")]
    [InlineData("signer-members", "/signers/nightly/members")]
    [InlineData("signer-certificate", "/signers/nightly/certificate")]
    [InlineData("signer-set-up", "/signers/nightly/set-up")]
    [InlineData("signer-settings", "/signers/nightly/settings")]
    [InlineData("signer-stop", "/signers/nightly/stop")]
    [InlineData("signer-pre-approve", "/signers/release/pre-approve")]
    [InlineData("signer-new", "/signers/new")]
    [InlineData("overview", "/overview")]
    public Task Page_of_an_administrator_is_sound(string name, string path) => CheckAsync(name, path, pages.Scene.Administrator.Token!);

    [Theory]
    [InlineData("signer-request", "/signers/release/request")]
    [InlineData("signer-request-not-needed", "/signers/nightly/request")]
    [InlineData("overview-operator", "/overview")]
    public Task Page_of_an_operator_is_sound(string name, string path) => CheckAsync(name, path, pages.Scene.Ada.Token);

    [Theory]
    [InlineData("signers-empty", "/signers")]
    [InlineData("overview-empty", "/overview")]
    public Task Page_of_a_newcomer_is_sound(string name, string path) => CheckAsync(name, path, pages.Scene.Dora.Token);

    [Fact]
    public async Task Entry_of_a_signature_is_sound()
    {
        var operation = (await pages.Scene.SignAsync(pages.Scene.Ada, "nightly")).Succeeded().Text("operationId");

        await CheckAsync("signer-entry", $"/signers/nightly/activity/{operation}", pages.Scene.Eli.Token);
    }

    private async Task CheckAsync(string name, string path, string token)
    {
        await using var visitor = await pages.VisitAsync(token);
        await visitor.OpenAsync(path);
        await visitor.IsSoundInEveryLookAsync(name);
    }
}
