using System.Text.RegularExpressions;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Testing;

namespace CodeSigning.Pages.Tests;

/// <summary>The pages before two nodes, of which each request meets the other.</summary>
public sealed partial class TwoNodesTests : IAsyncLifetime
{
    private const string Email = CodeSigningServer.AdministratorEmail;
    private const string Password = CodeSigningServer.AdministratorPassword;

    private CodeSigningServer _here = null!;
    private CodeSigningServer _there = null!;

    public async Task InitializeAsync()
    {
        var database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        string[] settings =
        [
            $"--CODESIGNING_DB={database.Service}",
            $"--CODESIGNING_DB_MIGRATE={database.Owner}",
            "--CODESIGNING_MASTER_KEY=" + Convert.ToBase64String(new byte[32]),
            "--CODESIGNING_PUBLIC_URL=http://127.0.0.1:8080",
        ];
        _here = await CodeSigningServer.StartAsync(settings);
        _there = await CodeSigningServer.StartAsync(settings);
    }

    public async Task DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
    }

    [Fact]
    public async Task Pages_and_forms_work_whichever_node_answers()
    {
        using var browser = new RoundRobin(_here.Address, _there.Address);
        Assert.Contains("Nothing waits for you", await browser.PostAsync("/sign-in?next=%2F", "password", ("email", Email), ("password", Password)), StringComparison.Ordinal);

        var created = await browser.PostAsync("/machines", "new", ("name", "ci-firmware"));
        Assert.Contains("Created. Give it a way to log in", created, StringComparison.Ordinal);
        var machine = MachinePath().Match(await browser.OpenAsync("/machines")).Value;
        var secret = await browser.PostAsync(machine, "new-secret", ("ttl", "1"), ("ttl.unit", "d"));
        Assert.Contains("Keep this client secret", secret, StringComparison.Ordinal);
        Assert.Contains("Disabled: every session has ended.", await browser.PostAsync(machine, "disable"), StringComparison.Ordinal);
        for (var visit = 0; visit < 4; visit++)
        {
            Assert.Contains("Disabled", await browser.OpenAsync(machine), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sign_in_with_a_code_goes_on_elsewhere()
    {
        var administrator = await _here.AsAdministratorAsync();
        await administrator.CreatePersonAsync("ada@example.com", "Ada Okafor", Scenes.Scene.Password);
        var ada = _here.As(await _here.AsNobody().LogInAsync("ada@example.com", Scenes.Scene.Password));
        var begun = (await ada.PostAsync("/api/v1/me/factors/totp", new { currentPassword = Scenes.Scene.Password })).Succeeded();
        var app = new Authenticator(begun.Text("secret"), TimeProvider.System);
        (await ada.PostAsync("/api/v1/me/factors/totp/confirm", new { code = app.Code })).Succeeded();

        using var browser = new RoundRobin(_there.Address, _here.Address);
        var asked = await browser.PostAsync("/sign-in", "password", ("email", "ada@example.com"), ("password", Scenes.Scene.Password));
        var ticket = Ticket().Match(asked).Groups[1].Value;
        var inbox = await browser.PostAsync("/sign-in", asked, "code", ("ticket", ticket), ("code", app.CodeAt(TimeSpan.FromSeconds(30))));

        Assert.Contains("Nothing waits for you", inbox, StringComparison.Ordinal);
    }

    [GeneratedRegex("/machines/idn_[0-9a-z]+")]
    private static partial Regex MachinePath();

    [GeneratedRegex("name=\"ticket\" value=\"([^\"]+)\"")]
    private static partial Regex Ticket();
}
