using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>Tokens over HTTP. Each is used before it ends, so that the gateway has it cached.</summary>
public sealed class TokenTests : GatewaySuite
{
    [Fact]
    public async Task Person_logs_in_reads_its_profile_and_logs_out()
    {
        var id = await CreateUserAsync("ann@example.com");
        using var response = await Gateway.Http.PostAsJsonAsync(
            "/api/v1/auth/login", new { email = "Ann@example.com", password = Password });
        var answer = await response.ReadAsync(200);
        Assert.Equal("Bearer", (string?)answer["tokenType"]);
        Assert.Equal(12 * 3600, (int?)answer["expiresIn"]);
        Assert.True(response.Headers.CacheControl?.NoStore);
        using var ann = Gateway.With((string)answer["accessToken"]!);
        var me = await ann.GetAsync("/me", 200);
        Assert.Equal((id, "user", "member"), ((string)me["id"]!, (string)me["kind"]!, (string)me["productRole"]!));
        Assert.Equal("127.0.0.1", (string?)me["session"]!["address"]);
        await ann.PostAsync("/auth/logout", new { }, 204);
        await ann.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Tokens_of_a_disabled_person_end_at_once()
    {
        var id = await CreateUserAsync("ann@example.com");
        using var ann = await Gateway.SignInAsync("ann@example.com", Password);
        await ann.GetAsync("/me", 200);
        await Administrator.PatchAsync($"/users/{id}", new { status = "disabled" });
        await ann.GetAsync("/me", 401);
        await Administrator.PatchAsync($"/users/{id}", new { status = "active" });
        await ann.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Tokens_of_a_deleted_person_end_at_once()
    {
        var id = await CreateUserAsync("ann@example.com");
        using var ann = await Gateway.SignInAsync("ann@example.com", Password);
        await ann.GetAsync("/me", 200);
        await Administrator.DeleteAsync($"/users/{id}", 204);
        await ann.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Tokens_of_disabled_identity_and_revoked_secret_end_at_once()
    {
        var id = await CreateIdentityAsync("ci");
        var (first, second) = (await CreateSecretAsync(id), await CreateSecretAsync(id));
        using var byFirst = await Gateway.SignInAsync(first);
        using var bySecond = await Gateway.SignInAsync(second);
        await byFirst.GetAsync("/me", 200);
        await bySecond.GetAsync("/me", 200);
        await Administrator.DeleteAsync($"/identities/{id}/client-secrets/{first["id"]}", 204);
        await byFirst.GetAsync("/me", 401);
        await bySecond.GetAsync("/me", 200);
        await Administrator.PatchAsync($"/identities/{id}", new { status = "disabled" });
        await bySecond.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Session_ended_by_its_owner_ends_at_once()
    {
        await CreateUserAsync("ann@example.com");
        using var here = await Gateway.SignInAsync("ann@example.com", Password);
        using var elsewhere = await Gateway.SignInAsync("ann@example.com", Password);
        var other = (string)(await elsewhere.GetAsync("/me", 200))["session"]!["id"]!;
        Assert.Equal(2, (await here.GetAsync("/me/sessions", 200))["items"]!.AsArray().Count);
        await here.DeleteAsync($"/me/sessions/{other}", 204);
        await elsewhere.GetAsync("/me", 401);
        await here.GetAsync("/me", 200);
        await here.DeleteAsync("/me/sessions", 204);
        await here.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Password_change_keeps_only_the_session_that_made_it()
    {
        await CreateUserAsync("ann@example.com");
        using var here = await Gateway.SignInAsync("ann@example.com", Password);
        using var elsewhere = await Gateway.SignInAsync("ann@example.com", Password);
        await elsewhere.GetAsync("/me", 200);
        await here.PutAsync("/me/password", new { currentPassword = "not her password", newPassword = "a new password" }, 403);
        await here.PutAsync("/me/password", new { currentPassword = Password, newPassword = "short" }, 400);
        await here.PutAsync("/me/password", new { currentPassword = Password, newPassword = "a new password" }, 204);
        await here.GetAsync("/me", 200);
        await elsewhere.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Secret_for_5_logins_allows_5_of_32_at_once()
    {
        var secret = await CreateSecretAsync(await CreateIdentityAsync("ci"), new { maxUses = 5 });
        var credentials = new { clientId = (string)secret["clientId"]!, clientSecret = (string)secret["clientSecret"]! };
        var statuses = await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            using var response = await Gateway.Http.PostAsJsonAsync("/api/v1/auth/universal-auth/login", credentials);
            return response.StatusCode;
        }));
        Assert.Equal(5, statuses.Count(status => status == HttpStatusCode.OK));
        // Where the last begin after twenty have failed, the throttle answers them.
        Assert.Equal(27, statuses.Count(status => status is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Access_token_with_one_altered_character_is_refused()
    {
        var token = await Gateway.LogInAsync(
            "/api/v1/auth/login", new { email = RunningGateway.AdministratorEmail, password = RunningGateway.AdministratorPassword });
        using (var client = Gateway.With(token))
        {
            await client.GetAsync("/me", 200);
        }

        foreach (var at in new[] { 3, 20, 40, 60 })
        {
            var altered = token.ToCharArray();
            altered[at] = altered[at] == 'a' ? 'b' : 'a';
            using var client = Gateway.With(new string(altered));
            await client.GetAsync("/me", 401);
        }
    }

    [Fact]
    public async Task Idempotency_key_shows_a_secret_again_only_to_same_request()
    {
        var id = await CreateIdentityAsync("ci");
        var first = await PostWithKeyAsync(id, new { description = "one" }, 201);
        var again = await PostWithKeyAsync(id, new { description = "one" }, 201);
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Equal("IdempotencyMismatch", (string?)(await PostWithKeyAsync(id, new { description = "two" }, 409))["code"]);
        Assert.Single((await Administrator.GetAsync($"/identities/{id}/client-secrets", 200))["items"]!.AsArray());
    }

    private async Task<JsonNode> PostWithKeyAsync(string identityId, object body, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/identities/{identityId}/client-secrets");
        request.Headers.Add("Idempotency-Key", "key-1");
        request.Content = JsonContent.Create(body);
        using var response = await Administrator.SendAsync(request);
        return await response.ReadAsync(status);
    }
}
