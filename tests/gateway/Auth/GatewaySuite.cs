using System.Text.Json.Nodes;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>A test against a gateway of its own, with an administrator signed in.</summary>
public abstract class GatewaySuite : IAsyncLifetime
{
    protected const string Password = "a password of ann's";

    private protected RunningGateway Gateway { get; private set; } = null!;

    protected HttpClient Administrator { get; private set; } = null!;

    protected virtual string[] Settings => [];

    public virtual async Task InitializeAsync()
    {
        Gateway = await RunningGateway.StartAsync(Settings);
        Administrator = await Gateway.SignInAsync();
    }

    public virtual async Task DisposeAsync()
    {
        Administrator.Dispose();
        await Gateway.DisposeAsync();
    }

    /// <summary>Makes a person and gives its id.</summary>
    protected Task<string> CreateUserAsync(string email) => Administrator.CreatePersonAsync(email, Password);

    /// <summary>Makes a machine identity and gives its id.</summary>
    protected async Task<string> CreateIdentityAsync(string name) =>
        (string)(await Administrator.PostAsync("/identities", new { name }))["id"]!;

    protected Task<JsonNode> CreateSecretAsync(string identityId, object? settings = null) =>
        Administrator.PostAsync($"/identities/{identityId}/client-secrets", settings ?? new { });
}
