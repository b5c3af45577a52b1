using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace CodeSigning.Abuse.Tests;

/// <summary>A machine identity logs in with its own secret, again and again.</summary>
internal sealed class Logins : Flood
{
    private const int Connections = 32;

    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        var identity = await target.Deployment.CreateIdentityAsync($"logs-in-{Guid.NewGuid():n}");
        using var client = new HttpClient { BaseAddress = target.Address };
        await RepeatAsync(
            Connections,
            async cancelled =>
            {
                using var response = await client.PostAsJsonAsync(
                    "/api/v1/auth/universal-auth/login", new { clientId = identity.ClientId, clientSecret = identity.ClientSecret }, cancelled);
                if ((int)response.StatusCode is 429 or 503)
                {
                    CountRepelled();
                }
            },
            ended);
    }
}

/// <summary>A machine identity that is a member of nothing signs with a signer that it may not know, a hundred things at once.</summary>
internal sealed class StrangersBatches : Flood
{
    private const int Connections = 8;
    private const int Items = 100;

    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        var identity = await target.Deployment.CreateIdentityAsync($"stranger-{Guid.NewGuid():n}");
        using var api = await Api.SignInAsync(target.Address, identity);
        using var client = new HttpClient { BaseAddress = target.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", api.Token);
        var item = new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true };
        var batch = new { items = Enumerable.Repeat(item, Items) };
        await RepeatAsync(
            Connections,
            async cancelled =>
            {
                using var response = await client.PostAsJsonAsync($"/api/v1/pki/signers/{target.SignerId}/sign/batch", batch, cancelled);
                if ((int)response.StatusCode is 429 or 503)
                {
                    CountRepelled();
                }
            },
            ended);
    }
}
