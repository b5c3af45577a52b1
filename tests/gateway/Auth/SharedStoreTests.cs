using System.Net.Http.Json;
using System.Security.Cryptography;
using CodeSigning.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>Two gateways over one PostgreSQL: what one commits holds on the other at once.</summary>
public sealed class SharedStoreTests : IAsyncLifetime
{
    private const string Password = "a password of ann's";
    private PostgreSqlDatabase _database = null!;
    private RunningGateway _here = null!;
    private RunningGateway _there = null!;

    public async Task InitializeAsync()
    {
        _database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        string[] settings =
        [
            $"--CODESIGNING_DB={_database.Service}",
            $"--CODESIGNING_DB_MIGRATE={_database.Owner}",
            "--CODESIGNING_MASTER_KEY=" + Convert.ToBase64String(new byte[32]),
        ];
        _here = await RunningGateway.StartAsync(settings);
        _there = await RunningGateway.StartAsync(settings);
    }

    public async Task DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
    }

    [Fact]
    public async Task Token_ends_on_every_node_at_once()
    {
        using var administrator = await _here.SignInAsync();
        var user = await administrator.CreatePersonAsync("ann@example.com", Password);
        using var ann = await _there.SignInAsync("ann@example.com", Password);
        await ann.GetAsync("/me", 200);
        await administrator.PatchAsync($"/users/{user}", new { name = "Anna" });
        Assert.Equal("Anna", (string?)(await ann.GetAsync("/me", 200))["name"]);
        await administrator.PatchAsync($"/users/{user}", new { status = "disabled" });
        await ann.GetAsync("/me", 401);
    }

    [Fact]
    public async Task Secret_revoked_on_another_node_ends_its_machines_signatures()
    {
        using var administrator = await _here.SignInAsync();
        var identity = await administrator.PostAsync("/identities", new { name = "ci" });
        var secret = await administrator.PostAsync($"/identities/{identity["id"]}/client-secrets", new { });
        var authority = await administrator.PostAsync(
            "/pki/ca", new { commonName = "Root", keyAlgorithm = "EC_P256", ttlDays = 30 });
        await administrator.PostAsync("/pki/signers", new
        {
            name = "release",
            caId = (string)authority["id"]!,
            commonName = "Release",
            keyAlgorithm = "EC_P256",
            certificateTtlDays = 7,
            members = new[] { new { kind = "identity", id = (string)identity["id"]!, role = "operator" } },
        });
        using var machine = await _there.SignInAsync(secret);
        Assert.Equal(200, await SignAsync(machine, "first"));
        Assert.Equal(200, await SignAsync(machine, null));
        await administrator.DeleteAsync($"/identities/{identity["id"]}/client-secrets/{secret["id"]}", 204);
        Assert.Equal(401, await SignAsync(machine, "first")); // Not even the answer that was kept.
        Assert.Equal(401, await SignAsync(machine, null));
    }

    [Fact]
    public async Task One_of_two_administrators_disabling_each_other_across_nodes_remains()
    {
        using var root = await _here.SignInAsync();
        for (var round = 0; round < 5; round++)
        {
            var ann = await CreateAdministratorAsync(root, $"ann{round}@example.com");
            var bob = await CreateAdministratorAsync(root, $"bob{round}@example.com");
            using var annHere = await _here.SignInAsync($"ann{round}@example.com", Password);
            using var bobThere = await _there.SignInAsync($"bob{round}@example.com", Password);
            var statuses = await Task.WhenAll(DisableAsync(annHere, bob), DisableAsync(bobThere, ann));
            Assert.Single(statuses, status => status == 200);
        }
    }

    [Fact]
    public async Task One_of_two_last_administrators_resigning_across_nodes_remains()
    {
        using var root = await _here.SignInAsync();
        var rootId = (string)(await root.GetAsync("/me", 200))["id"]!;
        var annId = await CreateAdministratorAsync(root, "ann@example.com");
        for (var round = 0; round < 5; round++)
        {
            using var rootHere = await _here.SignInAsync();
            using var annThere = await _there.SignInAsync("ann@example.com", Password);
            var statuses = await Task.WhenAll(DisableAsync(rootHere, rootId), DisableAsync(annThere, annId));
            Assert.Equal([200, 409], statuses.Order());
            await (statuses[0] == 200
                ? annThere.PatchAsync($"/users/{rootId}", new { status = "active" })
                : rootHere.PatchAsync($"/users/{annId}", new { status = "active" }));
        }
    }

    [Fact]
    public async Task Code_of_an_authenticator_app_counts_on_one_node_alone()
    {
        using var root = await _here.SignInAsync();
        await root.CreatePersonAsync("ann@example.com", Password);
        using var ann = await _here.SignInAsync("ann@example.com", Password);
        var begun = await ann.PostAsync("/me/factors/totp", new { currentPassword = Password }, 200);
        var app = new Authenticator((string)begun["secret"]!, TimeProvider.System);
        await ann.PostAsync("/me/factors/totp/confirm", new { code = app.Code }, 200);

        var credentials = new { email = "ann@example.com", password = Password, code = app.CodeAt(TimeSpan.FromSeconds(30)) };
        var statuses = await Task.WhenAll(new[] { _here, _there, _here, _there }.Select(async node =>
        {
            using var answer = await node.Http.PostAsJsonAsync("/api/v1/auth/login", credentials);
            return (int)answer.StatusCode;
        }));
        Assert.Equal([200, 401, 401, 401], statuses.Order());
    }

    [Fact]
    public void What_one_node_protects_another_opens()
    {
        var here = _here.Services.GetDataProtector("pages", "antiforgery");
        var there = _there.Services.GetDataProtector("pages", "antiforgery");
        Assert.Equal("secret", there.Unprotect(here.Protect("secret")));
        Assert.Equal("secret", here.Unprotect(there.Protect("secret")));
    }

    [Theory]
    [InlineData("pages")]
    [InlineData("pages", "other")]
    [InlineData("pagesantiforgery")]
    [InlineData("antiforgery", "pages")]
    public void Protected_data_is_refused_for_another_purpose(params string[] purposes)
    {
        var kept = _here.Services.GetDataProtector("pages", "antiforgery").Protect("secret");
        var other = _there.Services.GetDataProtector(purposes);
        Assert.Throws<CryptographicException>(() => other.Unprotect(kept));
    }

    [Fact]
    public void Altered_protected_data_is_refused()
    {
        var protector = _here.Services.GetDataProtector("pages");
        var kept = protector.Protect(new byte[8]);
        kept[^1] ^= 1;
        Assert.Throws<CryptographicException>(() => protector.Unprotect(kept));
        Assert.Throws<CryptographicException>(() => protector.Unprotect(new byte[3]));
    }

    private static Task<string> CreateAdministratorAsync(HttpClient root, string email) => root.CreatePersonAsync(email, Password, "admin");

    private static async Task<int> SignAsync(HttpClient machine, string? idempotencyKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/pki/signers/release/sign");
        request.Content = JsonContent.Create(
            new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true });
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await machine.SendAsync(request);
        return (int)response.StatusCode;
    }

    private static async Task<int> DisableAsync(HttpClient client, string id)
    {
        using var content = JsonContent.Create(new { status = "disabled" });
        using var response = await client.PatchAsync($"/api/v1/users/{id}", content);
        return (int)response.StatusCode;
    }
}
