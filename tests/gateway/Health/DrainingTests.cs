using System.Net;
using CodeSigning.Gateway.Health;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSigning.Gateway.Tests.Health;

/// <summary>How a node leaves its balancer before it stops.</summary>
public sealed class DrainingTests
{
    [Fact]
    public async Task Stopping_node_waits_until_balancers_have_noticed()
    {
        ManualTimeProvider time = new();
        Draining draining = new(TimeSpan.FromSeconds(3), time, NullLogger<Draining>.Instance);
        Assert.False(draining.IsUnderWay);

        var stopping = draining.StoppingAsync(CancellationToken.None);

        Assert.True(draining.IsUnderWay);
        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(stopping.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        await stopping;
    }

    [Fact]
    public async Task Draining_node_is_alive_and_not_ready_and_answers()
    {
        await using var server = await CodeSigningServer.StartAsync();
        var token = (await server.AsAdministratorAsync()).Token;
        using var before = await server.Http.GetAsync("/readyz");
        Assert.Equal((HttpStatusCode.OK, false), (before.StatusCode, before.Headers.ConnectionClose ?? false));

        await server.Services.GetRequiredService<Draining>().StoppingAsync(CancellationToken.None);

        using var ready = await server.Http.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("""{"status":"draining"}""", await ready.Content.ReadAsStringAsync());
        using var alive = await server.Http.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/me") { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await server.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, true), (answer.StatusCode, answer.Headers.ConnectionClose));
    }
}
