using System.Collections.Concurrent;
using System.Net.Sockets;

namespace CodeSigning.Abuse.Tests;

/// <summary>Opens 1,500 connections a second and holds them, having said no more than the beginning of something.</summary>
/// <param name="begun">What is said on each.</param>
/// <param name="most">How many are held at once; then the first ones are given up for new ones.</param>
internal sealed class HeldConnections(string begun, int most) : Flood
{
    private const int PerTick = 15;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        var held = new ConcurrentQueue<Socket>();
        try
        {
            await RepeatAsync(
                workers: PerTick,
                async cancelled =>
                {
                    held.Enqueue(await BeginAsync(target, begun, cancelled));
                    if (held.Count > most && held.TryDequeue(out var first))
                    {
                        GiveUp(first);
                    }

                    await Task.Delay(Tick, cancelled);
                },
                ended);
        }
        finally
        {
            foreach (var socket in held)
            {
                GiveUp(socket);
            }
        }
    }

    private void GiveUp(Socket socket)
    {
        // What can be read at once on a connection that was said nothing on, is its end.
        if (socket.Poll(0, SelectMode.SelectRead))
        {
            CountRepelled();
        }

        socket.Dispose();
    }
}

/// <summary>Asks for one thing without a token, on many connections, as fast as it is answered.</summary>
/// <param name="connections">On how many connections.</param>
/// <param name="makeRequest">The request, for a target.</param>
internal sealed class AnonymousRequests(int connections, Func<Target, HttpRequestMessage> makeRequest) : Flood
{
    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections, AllowAutoRedirect = false })
        {
            BaseAddress = target.Address,
        };
        await RepeatAsync(
            connections,
            async cancelled =>
            {
                using var request = makeRequest(target);
                using var response = await client.SendAsync(request, cancelled);
                if ((int)response.StatusCode is 429 or 503)
                {
                    CountRepelled();
                }
            },
            ended);
    }
}

/// <summary>Sends requests without waiting for the answers, and reads none of them.</summary>
internal sealed class UnreadAnswers(string request) : Flood
{
    private const int RequestsPerConnection = 200;

    protected override Task FloodAsync(Target target, CancellationToken ended) => RepeatAsync(
        workers: 32,
        async cancelled =>
        {
            using var socket = await BeginAsync(target, string.Concat(Enumerable.Repeat(request, RequestsPerConnection)), cancelled);
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancelled);
        },
        ended);
}
