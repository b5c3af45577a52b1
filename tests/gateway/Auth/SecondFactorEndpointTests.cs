using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>Second factors as clients meet them.</summary>
public sealed class SecondFactorEndpointTests
{
    private const string Password = CodeSigningServer.AdministratorPassword;
    private static readonly object Credentials = new { email = CodeSigningServer.AdministratorEmail, password = Password };
    private static readonly TimeSpan NextStep = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Login_asks_for_the_code_and_its_session_says_so()
    {
        await using var server = await CodeSigningServer.StartAsync();
        var (app, codes) = await EnrolAsync(await server.AsAdministratorAsync());

        var asked = (await LogInAsync(server, null)).Refused(403, "SecondFactorRequired");
        Assert.Equal(["totp", "recoveryCode"], asked.Json.GetProperty("factors").EnumerateArray().Select(factor => factor.GetString()));
        (await LogInAsync(server, app.WrongCode)).Refused(401, "Unauthenticated");

        var client = server.As((await LogInAsync(server, app.CodeAt(NextStep))).Succeeded().Text("accessToken"));
        var session = (await client.GetAsync("/api/v1/me")).Succeeded().Json.GetProperty("session");
        Assert.Equal(["password", "totp"], session.GetProperty("methods").EnumerateArray().Select(method => method.GetString()));
        var before = session.GetProperty("secondFactorAt").GetDateTimeOffset();
        var after = (await client.PostAsync("/api/v1/auth/step-up", new { code = codes[0] })).Succeeded();
        Assert.True(after.Json.GetProperty("secondFactorAt").GetDateTimeOffset() > before, after.BodyText);
        Assert.Equal(9, (await client.GetAsync("/api/v1/me/factors")).Succeeded().Json.GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Fact]
    public async Task Who_must_have_a_factor_can_only_enrol_one()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_SECOND_FACTOR=administrators");
        var administrator = await server.AsAdministratorAsync();
        Assert.Equal("enrolSecondFactor", (await administrator.GetAsync("/api/v1/me")).Succeeded().Text("obligation"));
        (await administrator.PostAsync("/api/v1/users", new { email = "ann@example.com", name = "Ann" })).Refused(403, "SecondFactorRequired");

        await EnrolAsync(administrator);
        Assert.False((await administrator.GetAsync("/api/v1/me")).Succeeded().Json.TryGetProperty("obligation", out _));
        (await administrator.PostAsync("/api/v1/users", new { email = "ann@example.com", name = "Ann" })).Succeeded();
    }

    [Fact]
    public async Task Every_call_but_those_that_serve_the_enrolment_is_held()
    {
        await using var server = await CodeSigningServer.StartAsync("--CODESIGNING_SECOND_FACTOR=all");
        var administrator = await server.AsAdministratorAsync();
        var open = new List<string>();
        foreach (var endpoint in server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null))
        {
            foreach (var method in endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods)
            {
                var call = $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}";
                if (call != "POST /api/v1/auth/logout"
                    && (await administrator.SendTextAsync(new HttpMethod(method), "/" + call.Split(" /")[1], "{}")).Code != "SecondFactorRequired")
                {
                    open.Add(call);
                }
            }
        }

        Assert.Equal(
            [
                "GET /api/v1/me", "GET /api/v1/me/factors", "GET /api/v1/me/passkeys",
                "POST /api/v1/me/factors/totp", "POST /api/v1/me/factors/totp/confirm", "POST /api/v1/me/passkeys", "POST /api/v1/me/passkeys/begin",
            ],
            open.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_has_a_password_of_anothers_can_only_change_it()
    {
        await using var server = await CodeSigningServer.StartAsync();
        var administrator = await server.AsAdministratorAsync();
        (await administrator.PostAsync("/api/v1/users", new { email = "ann@example.com", name = "Ann", password = Password })).Succeeded();
        var ann = server.As(await server.AsNobody().LogInAsync("ann@example.com", Password));
        Assert.Equal("changePassword", (await ann.GetAsync("/api/v1/me")).Succeeded().Text("obligation"));
        (await ann.GetAsync("/api/v1/users")).Refused(403, "PasswordChangeRequired");
        (await ann.PostAsync("/api/v1/me/factors/totp", new { currentPassword = Password })).Refused(403, "PasswordChangeRequired");

        (await ann.PutAsync("/api/v1/me/password", new { currentPassword = Password, newPassword = "a password of her own" })).Succeeded();
        (await ann.GetAsync("/api/v1/users")).Succeeded();
    }

    [Fact]
    public async Task Vote_under_a_second_factor_policy_takes_a_step_up()
    {
        await using var server = await CodeSigningServer.StartAsync();
        var administrator = await server.AsAdministratorAsync();
        var administratorId = (await administrator.GetAsync("/api/v1/me")).Succeeded().Text("id");
        var machine = (await administrator.PostAsync("/api/v1/identities", new { name = "ci" })).Succeeded().Text("id");
        var policy = (await administrator.PostAsync("/api/v1/pki/signing-policies", new
        {
            name = "release",
            constraints = new { maxSignings = 5 },
            steps = new[] { new { approvers = new[] { new { kind = "user", id = administratorId } }, requiredApprovals = 1 } },
            secondFactorWithin = "15m",
        })).Succeeded();
        Assert.Equal("15m", policy.Text("secondFactorWithin"));
        var authority = (await administrator.PostAsync("/api/v1/pki/ca", new { commonName = "Root", keyAlgorithm = "EC_P256", ttlDays = 30 }))
            .Succeeded().Text("id");
        (await administrator.PostAsync("/api/v1/pki/signers", new
        {
            name = "release",
            caId = authority,
            commonName = "Release",
            keyAlgorithm = "EC_P256",
            approvalPolicyId = policy.Text("id"),
            members = new[] { new { kind = "identity", id = machine, role = "operator" } },
        })).Succeeded();
        var robot = server.As(await SecretLoginAsync(server, await SecondAdministratorAsync(server, administrator), machine));
        var request = (await robot.PostAsync("/api/v1/pki/signers/release/requests", new { justification = "release" })).Succeeded().Text("id");

        var refused = (await administrator.PostAsync($"/api/v1/pki/approval-requests/{request}/approve", new { })).Refused(403, "SecondFactorRequired");
        Assert.Equal("15m", refused.Text("secondFactorWithin"));
        var (_, codes) = await EnrolAsync(administrator);
        (await administrator.PostAsync("/api/v1/auth/step-up", new { code = codes[0] })).Succeeded();
        var approved = (await administrator.PostAsync($"/api/v1/pki/approval-requests/{request}/approve", new { })).Succeeded();
        Assert.Equal("approved", approved.Text("status"));
    }

    private static Task<ApiAnswer> LogInAsync(CodeSigningServer server, string? code) => code is null
        ? server.AsNobody().PostAsync("/api/v1/auth/login", Credentials)
        : server.AsNobody().PostAsync("/api/v1/auth/login", new { email = CodeSigningServer.AdministratorEmail, password = Password, code });

    private static async Task<(Authenticator App, string[] Codes)> EnrolAsync(ApiClient client)
    {
        var begun = (await client.PostAsync("/api/v1/me/factors/totp", new { currentPassword = Password })).Succeeded();
        var app = new Authenticator(begun.Text("secret"), TimeProvider.System);
        var confirmed = (await client.PostAsync("/api/v1/me/factors/totp/confirm", new { code = app.Code })).Succeeded();
        return (app, [.. confirmed.Json.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()!)]);
    }

    // Whoever makes a machine identity's secret has no vote on its requests.
    private static async Task<ApiClient> SecondAdministratorAsync(CodeSigningServer server, ApiClient administrator)
    {
        await administrator.CreatePersonAsync("boss@example.com", "Boss", Password, "admin");
        return server.As(await server.AsNobody().LogInAsync("boss@example.com", Password));
    }

    private static async Task<string> SecretLoginAsync(CodeSigningServer server, ApiClient administrator, string identityId)
    {
        var secret = (await administrator.PostAsync($"/api/v1/identities/{identityId}/client-secrets", new { })).Succeeded();
        return await server.AsNobody().LogInWithSecretAsync(secret.Text("clientId"), secret.Text("clientSecret"));
    }
}
