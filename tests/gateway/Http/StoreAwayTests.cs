using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Gateway.Tests.Signing;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What the world hears while the database is gone, and that all is well when it is back.</summary>
public sealed class StoreAwayTests : IAsyncLifetime
{
    private PostgreSqlServer _database = null!;
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync()
    {
        _database = await PostgreSqlServer.StartAsync();
        var database = await _database.CreateDatabaseAsync();
        _server = await CodeSigningServer.StartAsync(
            $"--CODESIGNING_DB={database.Service}", $"--CODESIGNING_DB_MIGRATE={database.Owner}", "--Logging:LogLevel:Default=None");
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Node_without_its_store_is_live_unready_and_signs_nothing()
    {
        var (nobody, administrator) = (_server.AsNobody(), await _server.AsAdministratorAsync());
        var ca = (await administrator.PostAsync("/api/v1/pki/ca", new { commonName = "Root", keyAlgorithm = "EC_P256", ttlDays = 100 }))
            .Succeeded().Text("id");
        var signer = (await administrator.PostAsync(
            "/api/v1/pki/signers", new { name = "release", caId = ca, commonName = "Release", keyAlgorithm = "EC_P256" })).Succeeded().Text("id");
        (await SignAsync(administrator, signer)).Succeeded();
        (await nobody.GetAsync("/readyz")).Succeeded();

        await _database.KillAsync();

        (await nobody.GetAsync("/healthz")).Succeeded();
        var ready = await nobody.GetAsync("/readyz");
        Assert.Equal((503, "unavailable"), (ready.Status, ready.Text("status")));
        foreach (var answer in new[]
        {
            await SignAsync(administrator, signer),
            await administrator.GetAsync("/api/v1/pki/signers"),
            await administrator.GetAsync($"/api/v1/pki/signers/{signer}"),
            await administrator.PostAsync("/api/v1/groups", new { name = "builders" }),
            await nobody.PostAsync("/api/v1/auth/login", new { email = "a@example.com", password = "not a password" }),
        })
        {
            Assert.True(answer.Refused(503, "Unavailable").Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        }

        await _database.ResumeAsync();

        await Eventually.HoldsAsync(async () => (await nobody.GetAsync("/readyz")).Status == 200);
        (await SignAsync(administrator, signer)).Succeeded();
        var report = (await administrator.PostAsync("/api/v1/ledger/verify?full=true")).Succeeded().Json;
        Assert.True(report.GetProperty("intact").GetBoolean(), report.GetRawText());
    }

    private static Task<ApiAnswer> SignAsync(ApiClient client, string signer) => client.PostAsync(
        SigningWorld.SignPath(signer),
        new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true });
}
