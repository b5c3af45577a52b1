using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace CodeSigning.Cluster.Tests;

/// <summary>Clients that sign as fast as they are answered, and remember every signature that they received.</summary>
internal sealed class SigningLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _received = new();
    private readonly ConcurrentQueue<string> _refused = new();
    private readonly Api[] _callers;
    private readonly Task[] _clients;

    /// <summary>Begins at once; clients are spread over the nodes. A node that is gone is asked again until it is back.</summary>
    public SigningLoad(IReadOnlyList<Api> callers, string signer, int clients, string algorithm = "ECDSA_SHA256")
    {
        _callers = [.. callers];
        _clients = [.. Enumerable.Range(0, clients).Select(i => Task.Run(() => SignAsync(_callers[i % _callers.Length], signer, algorithm)))];
    }

    /// <summary>The operation ids of the signatures that clients hold.</summary>
    public IReadOnlyCollection<string> Received => _received;

    /// <summary>The codes with which clients were refused.</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        foreach (var caller in _callers)
        {
            caller.Dispose();
        }

        _end.Dispose();
    }

    private async Task SignAsync(Api caller, string signer, string algorithm)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var (status, body) = await caller.SignAsync(signer, RandomNumberGenerator.GetBytes(32), algorithm);
                if (status == HttpStatusCode.OK)
                {
                    _received.Enqueue(Api.Text(body, "operationId"));
                }
                else if (status != HttpStatusCode.RequestTimeout) // A node that was stopped in the middle of a request answers that.
                {
                    _refused.Enqueue(body["code"]?.GetValue<string>() ?? $"HTTP {(int)status} without a code");
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or TaskCanceledException or IOException or JsonException)
            {
                // The node was killed in the middle: this client holds no signature.
                await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            }
        }
    }
}
