using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodeSigning.Contract;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Testing;
using Microsoft.AspNetCore.Builder;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>The real gateway on a port of its own, over a store of its own, asked as the world asks it.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    public const string AdministratorEmail = "root@example.com";
    public const string AdministratorPassword = "correct horse battery";

    private readonly TemporaryDirectory _directory;
    private readonly WebApplication _app;

    private RunningGateway(TemporaryDirectory directory, WebApplication app)
    {
        _directory = directory;
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    /// <summary>A client without a token.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<RunningGateway> StartAsync(params string[] settings)
    {
        var directory = new TemporaryDirectory();
        var app = GatewayApplication.Create(
        [
            "--CODESIGNING_URLS=http://127.0.0.1:0",
            $"--CODESIGNING_DATA={directory.Path}",
            $"--CODESIGNING_ADMIN_EMAIL={AdministratorEmail}",
            $"--CODESIGNING_ADMIN_PASSWORD={AdministratorPassword}",
            "--CODESIGNING_REQUESTS_PER_SECOND=100000",
            "--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=100000",
            "--CODESIGNING_SILO_ADDRESS=127.0.0.1",
            $"--CODESIGNING_SILO_PORT={FreePort.Find()}",
            .. settings,
        ]);
        await app.StartAsync();
        return new RunningGateway(directory, app);
    }

    /// <summary>A client with an administrator's token.</summary>
    public Task<HttpClient> SignInAsync() => SignInAsync(AdministratorEmail, AdministratorPassword);

    public async Task<HttpClient> SignInAsync(string email, string password) =>
        With(await LogInAsync("/api/v1/auth/login", new { email, password }));

    /// <summary>A client with the token of a machine identity.</summary>
    public async Task<HttpClient> SignInAsync(JsonNode secret) => With(await LogInAsync(
        "/api/v1/auth/universal-auth/login",
        new { clientId = (string)secret["clientId"]!, clientSecret = (string)secret["clientSecret"]! }));

    public HttpClient With(string token)
    {
        var client = new HttpClient { BaseAddress = Http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<string> LogInAsync(string path, object credentials)
    {
        using var response = await Http.PostAsJsonAsync(path, credentials);
        var answer = await response.ReadAsync(200);
        return (string)answer["accessToken"]!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _directory.Dispose();
    }
}

internal static class Answers
{
    /// <summary>The JSON of an answer that has this status.</summary>
    public static async Task<JsonNode> ReadAsync(this HttpResponseMessage response, int status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        return JsonNode.Parse(text.Length == 0 ? "null" : text)!;
    }

    public static async Task<JsonNode> PostAsync(this HttpClient client, string path, object body, int status = 201)
    {
        using var response = await client.PostAsJsonAsync("/api/v1" + path, body, ContractJson.Options);
        return await response.ReadAsync(status);
    }

    /// <summary>Makes a person, as an administrator, who takes the invitation and chooses this password; gives its id.</summary>
    public static async Task<string> CreatePersonAsync(this HttpClient administrator, string email, string password, string productRole = "member")
    {
        var created = await administrator.PostAsync("/users", new { email, name = "Ann", productRole });
        var token = ((string)created["invitation"]!["link"]!).Split('#')[1];
        await administrator.PostAsync("/auth/password-reset", new { token, password }, 204);
        return (string)created["id"]!;
    }

    public static async Task<JsonNode> PatchAsync(this HttpClient client, string path, object body, int status = 200)
    {
        using var response = await client.PatchAsJsonAsync("/api/v1" + path, body, ContractJson.Options);
        return await response.ReadAsync(status);
    }

    public static async Task<JsonNode> PutAsync(this HttpClient client, string path, object body, int status = 200)
    {
        using var response = await client.PutAsJsonAsync("/api/v1" + path, body, ContractJson.Options);
        return await response.ReadAsync(status);
    }

    public static async Task<JsonNode> GetAsync(this HttpClient client, string path, int status)
    {
        using var response = await client.GetAsync("/api/v1" + path);
        return await response.ReadAsync(status);
    }

    public static async Task DeleteAsync(this HttpClient client, string path, int status)
    {
        using var response = await client.DeleteAsync("/api/v1" + path);
        await response.ReadAsync(status);
    }
}
