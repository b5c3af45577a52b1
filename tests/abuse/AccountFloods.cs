using System.Net.Http.Json;

namespace CodeSigning.Abuse.Tests;

/// <summary>A machine identity logs in with its own secret, again and again.</summary>
internal sealed class Logins : Flood
{
    private const int Connections = 32;

    private MachineIdentity _identity = null!;

    public override async Task PrepareAsync(Target target) =>
        _identity = await target.Deployment.CreateIdentityAsync($"logs-in-{Guid.NewGuid():n}");

    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        using var client = new HttpClient { BaseAddress = target.Address };
        await RepeatAsync(
            Connections,
            async cancelled =>
            {
                using var response = await client.PostAsJsonAsync(
                    "/api/v1/auth/universal-auth/login", new { clientId = _identity.ClientId, clientSecret = _identity.ClientSecret }, cancelled);
                if ((int)response.StatusCode is 429 or 503)
                {
                    CountRepelled();
                }
            },
            ended);
    }
}
