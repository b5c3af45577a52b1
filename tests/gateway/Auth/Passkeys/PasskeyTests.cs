using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Auth.Passkeys;

/// <summary>Passkeys, by an authenticator in software.</summary>
public sealed class PasskeyTests : IAsyncLifetime
{
    private const string Password = "a password of ann's";
    private RunningGateway _gateway = null!;
    private HttpClient _root = null!;

    private string Origin => _gateway.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    public async Task InitializeAsync()
    {
        var url = $"http://127.0.0.1:{FreePort.Find()}";
        _gateway = await RunningGateway.StartAsync($"--CODESIGNING_URLS={url}", $"--CODESIGNING_PUBLIC_URL={url}");
        _root = await _gateway.SignInAsync();
    }

    public async Task DisposeAsync()
    {
        _root.Dispose();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Passkey_alone_signs_its_owner_in()
    {
        var (_, ann, passkey) = await NewPersonAsync();
        using var browser = NewBrowser();
        await SignInAsync(browser, passkey, 200);
        var me = await browser.GetAsync("/me", 200);
        Assert.Equal(["passkey"], me["session"]!["methods"]!.AsArray().Select(method => (string?)method));
        Assert.NotNull(me["session"]!["secondFactorAt"]);
        var listed = (await ann.GetAsync("/me/passkeys", 200))["items"]!.AsArray();
        Assert.Equal(("laptop", true), ((string?)listed[0]!["name"], listed[0]!["lastUsedAt"] is not null));
    }

    [Fact]
    public async Task Person_has_many_passkeys_each_with_its_name()
    {
        var (_, ann, first) = await NewPersonAsync();
        await StepUpAsync(ann, first, 200);
        var second = NewPasskey();
        await AddAsync(ann, second, "phone");
        Assert.Equal(["laptop", "phone"], (await ann.GetAsync("/me/passkeys", 200))["items"]!.AsArray().Select(one => (string?)one!["name"]));
        using var browser = NewBrowser();
        await SignInAsync(browser, second, 200);
    }

    [Fact]
    public async Task Password_alone_is_not_enough_beside_a_passkey()
    {
        var (email, _, _) = await NewPersonAsync();
        using var answer = await _gateway.Http.PostAsJsonAsync("/api/v1/auth/login", new { email, password = Password });
        var refusal = await answer.ReadAsync(403);
        Assert.Equal("SecondFactorRequired", (string?)refusal["code"]);
        Assert.Equal(["passkey"], refusal["factors"]!.AsArray().Select(factor => (string?)factor));
    }

    [Fact]
    public async Task Step_up_by_passkey_proves_the_second_factor_again()
    {
        var (_, ann, passkey) = await NewPersonAsync();
        var stepped = await StepUpAsync(ann, passkey, 200);
        Assert.Contains("passkey", stepped["methods"]!.AsArray().Select(method => (string?)method));
    }

    [Fact]
    public async Task Another_passkey_needs_a_recent_second_factor()
    {
        var (_, ann, _) = await NewPersonAsync();
        using var other = await _gateway.SignInAsync();
        await ann.PostAsync("/me/passkeys/begin", new { currentPassword = "wrong" }, 403);
        await ann.PostAsync("/me/passkeys/begin", new { currentPassword = Password }, 200); // The passkey was made just now.
    }

    [Fact]
    public async Task Removed_passkey_signs_nobody_in()
    {
        var (email, ann, passkey) = await NewPersonAsync();
        var id = (string?)(await ann.GetAsync("/me/passkeys", 200))["items"]![0]!["id"];
        await ann.PostAsync($"/me/passkeys/{id}/remove", new { currentPassword = Password }, 204);
        using var browser = NewBrowser();
        await SignInAsync(browser, passkey, 401);
        Assert.Equal("user.removePasskey", await LastActionAsync());
        (await _gateway.SignInAsync(email, Password)).Dispose();
    }

    [Fact]
    public async Task Administrator_resets_the_passkeys_of_who_lost_them()
    {
        var (email, ann, passkey) = await NewPersonAsync();
        var id = (string?)(await ann.GetAsync("/me", 200))["id"];
        await _root.DeleteAsync($"/users/{id}/factors", 204);
        using var browser = NewBrowser();
        await SignInAsync(browser, passkey, 401);
        (await _gateway.SignInAsync(email, Password)).Dispose();
    }

    [Fact]
    public async Task Answer_serves_once()
    {
        var (_, _, passkey) = await NewPersonAsync();
        using var browser = NewBrowser();
        var assertion = passkey.Use(await BeginAsync());
        await PostAsync(browser, "/auth/passkey", assertion, 200);
        using var thief = NewBrowser();
        await PostAsync(thief, "/auth/passkey", assertion, 401);
    }

    [Fact]
    public async Task Counter_that_goes_back_is_refused_and_recorded()
    {
        var (_, _, passkey) = await NewPersonAsync();
        passkey.Counter = 10;
        using var browser = NewBrowser();
        await SignInAsync(browser, passkey, 200);
        passkey.Counter = 5;
        await SignInAsync(browser, passkey, 401);
        Assert.Equal("user.suspectPasskey", await LastActionAsync());
        passkey.Counter = uint.MaxValue; // The next is 0, as of an authenticator that does not count.
        await SignInAsync(browser, passkey, 401);
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("relying party")]
    [InlineData("user verification")]
    [InlineData("cross origin")]
    [InlineData("user handle")]
    [InlineData("no user handle")]
    [InlineData("signature")]
    [InlineData("challenge")]
    [InlineData("purpose")]
    public async Task Bad_answer_signs_nobody_in(string what)
    {
        var (_, ann, passkey) = await NewPersonAsync();
        var options = what == "purpose" ? await ann.PostAsync("/me/passkeys/challenge", new { }, 200) : await BeginAsync();
        passkey.Origin = what == "origin" ? "https://evil.example" : passkey.Origin;
        passkey.RelyingParty = what == "relying party" ? "evil.example" : passkey.RelyingParty;
        passkey.VerifiesUser = what != "user verification";
        passkey.IsCrossOrigin = what == "cross origin";
        options["challenge"] = what == "challenge" ? "AAAA" : (string?)options["challenge"];
        var assertion = passkey.Use(options, what == "user handle" ? "dXNyX290aGVy" : null);
        assertion["userHandle"] = what == "no user handle" ? null : (string?)assertion["userHandle"];
        assertion["signature"] = what == "signature" ? (string?)NewPasskey().Use(options)["signature"] : (string?)assertion["signature"];
        using var browser = NewBrowser();
        await PostAsync(browser, "/auth/passkey", assertion, 401);
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("relying party")]
    [InlineData("user verification")]
    [InlineData("cross origin")]
    [InlineData("challenge")]
    [InlineData("session")]
    public async Task Bad_passkey_is_not_added(string what)
    {
        var email = Guid.NewGuid().ToString("N") + "@example.com";
        await _root.CreatePersonAsync(email, Password);
        using var ann = await _gateway.SignInAsync(email, Password);
        using var elsewhere = await _gateway.SignInAsync(email, Password);
        var options = await (what == "session" ? elsewhere : ann).PostAsync("/me/passkeys/begin", new { currentPassword = Password }, 200);
        var passkey = NewPasskey();
        passkey.Origin = what == "origin" ? "https://evil.example" : passkey.Origin;
        passkey.RelyingParty = what == "relying party" ? "evil.example" : passkey.RelyingParty;
        passkey.VerifiesUser = what != "user verification";
        passkey.IsCrossOrigin = what == "cross origin";
        options["challenge"] = what == "challenge" ? "AAAA" : (string?)options["challenge"];
        await ann.PostAsync("/me/passkeys", passkey.Make(options), 400);
    }

    [Fact]
    public async Task Passkey_of_another_person_proves_nothing()
    {
        var (_, ann, _) = await NewPersonAsync();
        var (_, _, eves) = await NewPersonAsync();
        var options = await ann.PostAsync("/me/passkeys/challenge", new { }, 200);
        await ann.PostAsync("/auth/step-up", new { passkey = eves.Use(options) }, 403);
    }

    [Fact]
    public async Task Passkey_is_added_once()
    {
        var (_, ann, passkey) = await NewPersonAsync();
        var options = await ann.PostAsync("/me/passkeys/begin", new { currentPassword = Password }, 200);
        await ann.PostAsync("/me/passkeys", passkey.Make(options), 409);
    }

    private SoftwarePasskey NewPasskey() => new(_gateway.Http.BaseAddress!.Host, Origin);

    private HttpClient NewBrowser()
    {
        var browser = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = _gateway.Http.BaseAddress };
        browser.DefaultRequestHeaders.Add("X-CodeSigning-Request", "1");
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        return browser;
    }

    private async Task<(string Email, HttpClient Person, SoftwarePasskey Passkey)> NewPersonAsync()
    {
        var email = Guid.NewGuid().ToString("N") + "@example.com";
        await _root.CreatePersonAsync(email, Password);
        var person = await _gateway.SignInAsync(email, Password);
        var passkey = NewPasskey();
        await AddAsync(person, passkey, "laptop");
        return (email, person, passkey);
    }

    private static async Task AddAsync(HttpClient person, SoftwarePasskey passkey, string name)
    {
        var options = await person.PostAsync("/me/passkeys/begin", new { currentPassword = Password }, 200);
        await person.PostAsync("/me/passkeys", passkey.Make(options, name));
    }

    private static async Task<JsonNode> StepUpAsync(HttpClient person, SoftwarePasskey passkey, int status)
    {
        var options = await person.PostAsync("/me/passkeys/challenge", new { }, 200);
        return await person.PostAsync("/auth/step-up", new { passkey = passkey.Use(options) }, status);
    }

    private Task<JsonNode> BeginAsync() => _gateway.Http.PostAsync("/auth/passkey/begin", new { }, 200);

    private async Task SignInAsync(HttpClient browser, SoftwarePasskey passkey, int status) =>
        await PostAsync(browser, "/auth/passkey", passkey.Use(await BeginAsync()), status);

    private static Task<JsonNode> PostAsync(HttpClient browser, string path, JsonObject body, int status) => browser.PostAsync(path, body, status);

    private async Task<string?> LastActionAsync() =>
        (string?)(await _root.GetAsync("/ledger/entries?limit=1", 200))["items"]![0]!["action"];
}
