using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;

namespace CodeSigning.Pages.Tests;

/// <summary>Signing in and out, and what must be done on the way.</summary>
[Collection(PagesFixture.Collection)]
public sealed class SignInTests(PagesFixture pages)
{
    [Fact]
    public async Task Mailed_link_leads_through_sign_in_to_its_page()
    {
        var request = await pages.Scene.NewRequestAsync("release", "A link to follow.");
        await using var ben = await pages.VisitAsync();

        await ben.OpenAsync($"/requests/{request}");
        await ben.IsAtAsync($"/sign-in?next=%2Frequests%2F{request}");
        await SignInAsync(ben, pages.Scene.Ben.Email);

        await ben.IsAtAsync($"/requests/{request}");
        await ben.SeesAsync("A link to follow.");
    }

    [Fact]
    public async Task Wrong_password_signs_nobody_in_and_keeps_the_address()
    {
        await using var visitor = await pages.VisitAsync();
        await visitor.OpenAsync("/sign-in");
        await SignInAsync(visitor, pages.Scene.Ben.Email, "another password");

        await visitor.SeesAsync("Sign in");
        Assert.Equal(pages.Scene.Ben.Email, await visitor.Page.GetByLabel("Email address").InputValueAsync());
        await visitor.IsAtAsync("/sign-in");
        await visitor.OpenAsync("/");
        await visitor.IsAtAsync("/sign-in");
    }

    [Fact]
    public async Task Second_factor_is_asked_for_after_the_password()
    {
        var person = await pages.Scene.NewPersonAsync("Emil Factor");
        var app = await pages.Scene.EnrolAsync(person);
        await using var emil = await pages.VisitAsync();

        await emil.OpenAsync("/sign-in?next=%2Faccount");
        await SignInAsync(emil, person.Email);
        await emil.SeesAsync("Confirm that it is you");
        await emil.FillAsync("Code", app.WrongCode);
        await emil.PressAsync("Confirm");
        await emil.SeesAsync("Confirm that it is you");
        await emil.FillAsync("Code", app.CodeAt(TimeSpan.FromSeconds(30)));
        await emil.PressAsync("Confirm");

        await emil.IsAtAsync("/account");
    }

    [Fact]
    public async Task Invitation_sets_a_password_and_leads_to_sign_in()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var invited = (await pages.Scene.Administrator.PostAsync("/api/v1/users", new { email, name = "Fay Invited" })).Succeeded();
        var link = new Uri(invited.Json.GetProperty("invitation").GetProperty("link").GetString()!);
        await using var fay = await pages.VisitAsync();

        await fay.OpenAsync(link.PathAndQuery + link.Fragment);
        Assert.Empty(new Uri(fay.Page.Url).Fragment);
        await fay.FillAsync("New password", Scene.Password);
        await fay.FillAsync("The same again", "something else");
        await fay.PressAsync("Set the password");
        await fay.SeesAsync("The two passwords differ.");
        await fay.FillAsync("New password", Scene.Password);
        await fay.FillAsync("The same again", Scene.Password);
        await fay.PressAsync("Set the password");
        await fay.SeesAsync("Your password is set.");
        await SignInAsync(fay, email);

        await fay.SeesAsync("Nothing waits for you");
    }

    [Fact]
    public async Task Password_of_an_administrator_must_be_changed_first()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        const string given = "a password that an administrator gave";
        (await pages.Scene.Administrator.PostAsync("/api/v1/users", new { email, name = "Gil Given", password = given })).Succeeded();
        await using var gil = await pages.VisitAsync();

        await gil.OpenAsync("/sign-in?next=%2Frequests");
        await SignInAsync(gil, email, given);
        await gil.IsAtAsync("/account/password");
        await gil.FillAsync("Current password", given);
        await gil.FillAsync("New password", "short");
        await gil.FillAsync("The same again", "short");
        await gil.Page.EvaluateAsync("document.querySelector('form').noValidate = true");
        await gil.PressAsync("Change the password");
        await gil.SeesAsync("The password is invalid: expected 12 to 256 characters.");
        await gil.FillAsync("Current password", given);
        await gil.FillAsync("New password", Scene.Password);
        await gil.FillAsync("The same again", Scene.Password);
        await gil.PressAsync("Change the password");

        await gil.SeesAsync("Nothing waits for you");
    }

    [Fact]
    public async Task Authenticator_app_is_enrolled_by_its_QR_code()
    {
        var person = await pages.Scene.NewPersonAsync("Hal Enrols");
        await using var hal = await pages.VisitAsync(person.Token);

        await hal.OpenAsync("/account");
        await hal.FollowAsync("Set up an authenticator app");
        await hal.FillAsync("Your password", Scene.Password);
        await hal.PressAsync("Go on");
        await hal.IsSoundAsync();
        await hal.KeepPictureAsync("second-factor-light");
        var app = new Testing.Authenticator(await hal.Page.Locator("#secret").TextContentAsync() ?? "", TimeProvider.System);
        await hal.FillAsync("Code", app.WrongCode);
        await hal.PressAsync("Confirm");
        await hal.SeesAsync("The code is incorrect");
        await hal.FillAsync("Code", app.Code);
        await hal.PressAsync("Confirm");
        await hal.SeesAsync("Keep your recovery codes");
        await hal.IsSoundAsync();
        await hal.KeepPictureAsync("recovery-codes-light");
        await hal.FollowAsync("I have kept them");

        await hal.SeesAsync("10 left");
    }

    [Fact]
    public async Task Sign_out_ends_the_session()
    {
        var person = await pages.Scene.NewPersonAsync("Ida Leaves");
        await using var ida = await pages.VisitAsync(person.Token);

        await ida.OpenAsync("/");
        await ida.PressAsync("Account of Ida Leaves");
        await ida.PressAsync("Sign out");

        await ida.IsAtAsync("/sign-in");
        (await pages.Server.As(person.Token).GetAsync("/api/v1/me")).Refused(401, "Unauthenticated");
    }

    private static async Task SignInAsync(Visitor visitor, string email, string password = Scene.Password)
    {
        await visitor.FillAsync("Email address", email);
        await visitor.FillAsync("Password", password);
        await visitor.PressAsync("Sign in");
    }
}
