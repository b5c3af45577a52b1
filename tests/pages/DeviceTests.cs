using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;

namespace CodeSigning.Pages.Tests;

/// <summary>The page on which a person lets a command-line client in.</summary>
[Collection(PagesFixture.Collection)]
public sealed class DeviceTests(PagesFixture pages)
{
    private const string Verifier = "the-secret-of-a-program-that-signs-in-by-a-code";

    [Fact]
    public async Task Code_leads_through_sign_in_and_lets_the_program_in()
    {
        var begun = await BeginAsync();
        await using var ada = await pages.VisitAsync();
        await ada.OpenAsync($"/device#{begun.Text("userCode")}");
        await ada.FillAsync("Email address", pages.Scene.Ada.Email);
        await ada.FillAsync("Password", Scene.Password);
        await ada.PressAsync("Sign in");
        await ada.SeesAsync("Go on only if you started the program yourself");
        await ada.IsSoundInEveryLookAsync("device");
        await ada.FillAsync("The code that the program shows", begun.Text("userCode"));
        await ada.PressAsync("Show who asks");
        await ada.SeesAsync("release-cli");
        await ada.IsSoundInEveryLookAsync("device-asked");
        (await RedeemAsync(begun)).Refused(409, "Conflict");
        await ada.PressAsync("Yes, I started it: let it in");

        await ada.SeesAsync("The program is let in");
        (await RedeemAsync(begun)).Succeeded();
    }

    [Fact]
    public async Task Program_is_kept_out_and_a_wrong_code_is_told()
    {
        var begun = await BeginAsync();
        await using var ben = await pages.VisitAsync(pages.Scene.Ben.Token);
        await ben.OpenAsync("/device");
        await ben.FillAsync("The code that the program shows", "BCDF-GHJK");
        await ben.PressAsync("Show who asks");
        await ben.SeesAsync("Show who asks");
        await ben.FillAsync("The code that the program shows", begun.Text("userCode"));
        await ben.PressAsync("Show who asks");
        await ben.PressAsync("No, keep it out");

        await ben.SeesAsync("The program is kept out");
        (await RedeemAsync(begun)).Refused(403, "Forbidden");
    }

    private async Task<ApiAnswer> BeginAsync() => (await pages.Server.AsNobody().PostAsync("/api/v1/auth/device", new
    {
        client = "release-cli",
        codeChallenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
    })).Succeeded();

    private Task<ApiAnswer> RedeemAsync(ApiAnswer begun) => pages.Server.AsNobody().PostAsync(
        "/api/v1/auth/device/token", new { deviceCode = begun.Text("deviceCode"), codeVerifier = Verifier });
}
