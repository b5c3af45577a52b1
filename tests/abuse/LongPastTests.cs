using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Xunit.Abstractions;

namespace CodeSigning.Abuse.Tests;

/// <summary>The emergency stop of a signer with a long past, and searches of that.</summary>
public sealed class LongPastTests(LongPast past, ITestOutputHelper output) : IClassFixture<LongPast>
{
    private const long MostGrowth = 200L * 1024 * 1024; // The list itself is several times as long.
    private static readonly TimeSpan FirstEffect = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Warming = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Searching = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Stop_of_signer_with_long_history_takes_effect_at_once()
    {
        past.Node.ForgetPeakMemory();
        var before = past.Node.PeakMemory;
        using var operators = await Api.SignInAsync(past.Node.Address, past.Operator);
        Assert.Equal(HttpStatusCode.OK, (await SignAsync(operators, past.SignerId)).Status);

        var asked = Stopwatch.GetTimestamp();
        var stopping = StopAsync(past.Node.Address, past.SignerId);
        while ((await SignAsync(operators, past.SignerId)).Status == HttpStatusCode.OK)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        var effect = Stopwatch.GetElapsedTime(asked);
        var (revoked, listed) = await stopping;
        output.WriteLine(
            $"First effect after {effect.TotalMilliseconds:f0} ms, whole answer after {Stopwatch.GetElapsedTime(asked).TotalSeconds:f1} s, "
            + $"{before / 1024 / 1024} MiB before, {past.Node.PeakMemory / 1024 / 1024} MiB at most.");
        Assert.InRange(effect, TimeSpan.Zero, FirstEffect);
        Assert.Equal(LongPast.Grants / 2, revoked);
        Assert.InRange(listed, LongPast.Signatures + 1, LongPast.Signatures + 1000);
        Assert.InRange(past.Node.PeakMemory - before, 0, MostGrowth);
    }

    [Fact]
    public async Task Searches_of_long_history_delay_no_signature()
    {
        using var target = await Target.CreateAsync(past.Deployment);
        await target.Client().SignAsync(Warming);

        await FloodTests.HoldsInOneRoundAsync(async () =>
        {
            var quiet = target.Client();
            await quiet.SignAsync(Warming);
            var client = target.Client();
            var flood = new MemberRequests(16, async server => (await Api.SignInAsync(server.Address, past.Operator), Search));
            await flood.PrepareAsync(target);
            using var enough = new CancellationTokenSource();

            var flooding = flood.RunAsync(target, enough.Token);
            await client.SignAsync(Searching);
            await enough.CancelAsync();
            await flooding;

            output.WriteLine($"made {flood.Made}, repelled {flood.Repelled}; p99 {client.P99.TotalMilliseconds:f1} ms of {client.Signatures}, quiet {quiet.P99.TotalMilliseconds:f1} ms");
            Assert.Empty(client.Failures);
            return (client.P99, quiet.P99);
        });
    }

    // Each finds little, among much that one of its filters finds.
    private HttpRequestMessage Search()
    {
        var signer = $"/api/v1/pki/signers/{past.SignerId}";
        var path = Random.Shared.Next(3) switch
        {
            0 => $"/api/v1/ledger/entries?signer={past.SignerId}&kind=admin&limit=100",
            1 => $"{signer}/operations?actor={past.Operator.Id}&grantId=gnt_00000000000000000000000000",
            _ => $"{signer}/grants?limit=100",
        };
        return new HttpRequestMessage(HttpMethod.Get, path);
    }

    private static Task<(HttpStatusCode Status, System.Text.Json.Nodes.JsonObject Body)> SignAsync(Api api, string signerId) =>
        api.SignAsync(signerId, new byte[32], "ECDSA_SHA256");

    /// <summary>Stops it, and counts what the answer lists as it comes.</summary>
    private async Task<(int Revoked, int Listed)> StopAsync(Uri server, string signerId)
    {
        using var client = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", past.Deployment.Administrator.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/pki/signers/{signerId}/stop")
        {
            Content = JsonContent.Create(new { reason = "stolen" }),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync();
        return await CountAsync(body);
    }

    // A grant's id has its prefix in quotes only where grants are listed; each entry begins with its operation's id.
    private static async Task<(int Revoked, int Listed)> CountAsync(Stream body)
    {
        var (revoked, listed) = (0, 0);
        var buffer = new byte[1 << 20];
        var kept = 0;
        while (await body.ReadAsync(buffer.AsMemory(kept)) is var read and > 0)
        {
            var text = buffer.AsSpan(0, kept + read);
            var end = text.LastIndexOf((byte)',') + 1;
            revoked += text[..end].Count("\"gnt_"u8);
            listed += text[..end].Count("{\"operationId\""u8);
            text[end..].CopyTo(buffer);
            kept = text.Length - end;
        }

        return (revoked + buffer.AsSpan(0, kept).Count("\"gnt_"u8), listed + buffer.AsSpan(0, kept).Count("{\"operationId\""u8));
    }
}
