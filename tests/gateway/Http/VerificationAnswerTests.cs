using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What the ledger's verification says of itself.</summary>
public sealed class VerificationAnswerTests : IAsyncLifetime
{
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Verification_names_the_checkpoint_that_it_starts_from()
    {
        var administrator = await _server.AsAdministratorAsync();
        var first = await VerifyAsync(administrator, "");
        Assert.Equal(0, first.From);
        Assert.True(first.Entries > 0);

        await Eventually.HoldsAsync(async () => await VerifyAsync(administrator, "") is { From: > 0 } later && later.Entries < first.Entries);

        Assert.Equal(0, (await VerifyAsync(administrator, "?full=true")).From);
    }

    private static async Task<(long From, long Entries)> VerifyAsync(ApiClient administrator, string query)
    {
        var answer = (await administrator.PostAsync("/api/v1/ledger/verify" + query)).Succeeded().Json;
        Assert.True(answer.GetProperty("intact").GetBoolean());
        return (answer.GetProperty("verifiedFrom").GetInt64(), answer.GetProperty("entries").GetInt64());
    }
}
