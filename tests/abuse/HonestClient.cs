using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace CodeSigning.Abuse.Tests;

/// <summary>
/// One CI job that signs one digest after the other, at a pace that leaves the server idle, and retries what the server
/// says can be retried. Each few signatures it does so on a new connection.
/// </summary>
internal sealed class HonestClient(Uri server, string token, string signerId)
{
    private const int Attempts = 5;
    private const int SignaturesPerConnection = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly List<TimeSpan> _latencies = [];
    private readonly List<string> _failures = [];

    /// <summary>What no retry mended.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>How many signatures it received.</summary>
    public int Signatures => _latencies.Count;

    /// <summary>Within which time 99 of 100 signatures were there, retries included.</summary>
    public TimeSpan P99 => _latencies.Order().ElementAt((int)Math.Ceiling(_latencies.Count * 0.99) - 1);

    /// <summary>Signs until the time is over.</summary>
    public async Task SignAsync(TimeSpan duration)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < duration;)
        {
            using var api = new Api(server, token);
            for (var i = 0; i < SignaturesPerConnection && Stopwatch.GetElapsedTime(began) < duration; i++)
            {
                await SignOnceAsync(api);
                await Task.Delay(Pace);
            }
        }
    }

    private async Task SignOnceAsync(Api api)
    {
        var began = Stopwatch.GetTimestamp();
        var failure = "";
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                var (status, body) = await api.SignAsync(signerId, RandomNumberGenerator.GetBytes(32), "ECDSA_SHA256");
                if (status == HttpStatusCode.OK)
                {
                    _latencies.Add(Stopwatch.GetElapsedTime(began));
                    return;
                }

                failure = body.ToJsonString();
                if (status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests))
                {
                    break;
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException or JsonException or TaskCanceledException)
            {
                failure = gone.Message;
            }

            await Task.Delay(Pace);
        }

        _failures.Add(failure);
    }
}
