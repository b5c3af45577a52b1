using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>Clients that sign without a policy, one signature after the other, until they are ended.</summary>
internal sealed class FreeLoad : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly RetryingClient _client;
    private readonly Task _clients;

    public FreeLoad(Uri address, string token, string signer, int clients, TimeSpan pause)
    {
        _client = new RetryingClient(address, token);
        _clients = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (!_end.IsCancellationRequested)
            {
                await _client.SignAsync(signer, Tally);
                await Task.Delay(pause, CancellationToken.None);
            }
        })));
    }

    public Tally Tally { get; } = new();

    public int Retries => _client.Retries;

    /// <summary>Waits until so many more signatures were made.</summary>
    public Task ReachAsync(int more)
    {
        var goal = Tally.Operations.Count + more;
        return Eventually.HoldsAsync(() => Tally.Operations.Count >= goal);
    }

    /// <summary>Lets each client finish what it asks for.</summary>
    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _clients;
    }

    public void Dispose()
    {
        _end.Cancel();
        _client.Dispose();
        _end.Dispose();
    }
}
