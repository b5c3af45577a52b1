using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Silo.Statistics;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>How many attempts there were by day, as readers of signers are told.</summary>
public sealed class DailyCountsTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    private const string Path = "/api/v1/ledger/daily-counts";

    [Fact]
    public async Task Counts_hold_only_signers_that_the_caller_may_read()
    {
        const string email = "reader@example.com", password = "a password of the reader's";
        var reader = await world.Administrator.CreatePersonAsync(email, "Reader", password);
        var client = world.Server.As(await world.Server.AsNobody().LogInAsync(email, password));
        var mine = await world.NewSignerAsync(members: new { kind = "user", id = reader, role = "auditor" });
        var others = await world.NewSignerAsync();
        await SignAsync(mine, 2);
        await SignAsync(others, 3);
        await CountAsync();

        Assert.Equal(5, await TodayAsync(world.Administrator, Path));
        Assert.Equal(2, await TodayAsync(client, Path));
        Assert.Equal(2, await TodayAsync(client, $"{Path}?signer={mine}"));
        (await client.GetAsync($"{Path}?signer={others}")).Refused(404, "NotFound");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("93")]
    [InlineData("two")]
    public async Task Days_beyond_those_kept_are_refused(string days) =>
        (await world.Administrator.GetAsync($"{Path}?days={days}")).Refused(400, "InvalidRequest");

    [Fact]
    public async Task Days_end_with_today()
    {
        var days = (await world.Administrator.GetAsync($"{Path}?days=3")).Succeeded().Json.GetProperty("days");

        Assert.Equal(3, days.GetArrayLength());
        Assert.Equal(DateTime.UtcNow.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), days[2].GetProperty("day").GetString());
    }

    private async Task SignAsync(string signer, int times)
    {
        for (var i = 0; i < times; i++)
        {
            (await world.SignAsync(signer, "ECDSA_SHA256", new byte[32], isDigest: true)).Succeeded();
        }
    }

    private async Task CountAsync()
    {
        var counter = world.Server.Services.GetRequiredService<DailyCounter>();
        while (await counter.AdvanceAsync(CancellationToken.None))
        {
        }
    }

    private static async Task<long> TodayAsync(ApiClient client, string path)
    {
        JsonElement[] days = [.. (await client.GetAsync(path)).Succeeded().Json.GetProperty("days").EnumerateArray()];
        return days[^1].GetProperty("success").GetInt64();
    }
}
