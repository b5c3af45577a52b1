using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Pages.Tests.Browser;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit.Abstractions;
using IRequest = Microsoft.Playwright.IRequest;

namespace CodeSigning.Pages.Tests;

/// <summary>What a page costs: bytes on the wire, and memory of the server for those who are signed in and do nothing.</summary>
[Collection(PagesFixture.Collection)]
public sealed class WeightTests(PagesFixture pages, ITestOutputHelper output)
{
    private const int MostBytes = 80 * 1024;
    private const int Idle = 200;
    private const int Rounds = 5;
    private const int MostBytesPerSession = 8 * 1024;

    [Fact]
    public async Task Inbox_takes_at_most_80_KB_on_first_load()
    {
        for (var count = 0; count < 10; count++)
        {
            await pages.Scene.NewRequestAsync("release", $"Release candidate {count} of the desktop client.");
        }

        await using var ben = await pages.VisitAsync(pages.Scene.Ben.Token);
        var finished = new List<IRequest>();
        ben.Page.RequestFinished += (_, request) => finished.Add(request);
        await ben.Page.GotoAsync("/", new PageGotoOptions { WaitUntil = WaitUntilState.NetworkIdle });
        await ben.SeesAsync("Release candidate 9 of the desktop client.");

        var total = 0;
        foreach (var request in finished)
        {
            var sizes = await request.SizesAsync();
            output.WriteLine($"{sizes.ResponseHeadersSize + sizes.ResponseBodySize,7} {request.Url}");
            total += sizes.ResponseHeadersSize + sizes.ResponseBodySize;
        }

        output.WriteLine($"{total,7} in all");
        Assert.True(finished.Count >= 3, "The page, its style sheet and its script are expected.");
        Assert.InRange(total, 1, MostBytes);
    }

    [Fact]
    public async Task Idle_sessions_take_next_to_no_memory()
    {
        // A machine identity's token opens the page too, and costs no hash of a password.
        var machine = (await pages.Scene.Administrator.PostAsync("/api/v1/identities", new { name = "idle" })).Succeeded().Text("id");
        var secret = (await pages.Scene.Administrator.PostAsync($"/api/v1/identities/{machine}/client-secrets", new { })).Succeeded();
        await OpenInboxesAsync(secret, 100); // What the first requests make stays, and is nobody's.
        List<long> rounds = [];
        while (rounds.Count < Rounds)
        {
            var before = Measure();
            await OpenInboxesAsync(secret, Idle);
            rounds.Add((Measure() - before) / Idle);
        }

        // Servers of other tests come and go beside some of the rounds.
        output.WriteLine($"{string.Join(", ", rounds)} bytes a session");
        var each = rounds.Order().ElementAt(Rounds / 2);
        Assert.True(each < MostBytesPerSession, $"An idle session takes {each} bytes.");
    }

    [Fact]
    public void No_page_keeps_a_circuit() => Assert.DoesNotContain(
        pages.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>(),
        endpoint => endpoint.RoutePattern.RawText!.Contains("_blazor", StringComparison.Ordinal));

    private async Task OpenInboxesAsync(ApiAnswer secret, int count)
    {
        for (var session = 0; session < count; session++)
        {
            var token = await pages.Server.AsNobody().LogInWithSecretAsync(secret.Text("clientId"), secret.Text("clientSecret"));
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Add("Cookie", $"session={token}");
            using var answer = await pages.Server.Http.SendAsync(request);
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    private static long Measure()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
