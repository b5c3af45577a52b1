using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CodeSigning.Abuse.Tests;

/// <summary>A webhook's receiver on loopback that takes whatever comes and never answers.</summary>
internal sealed class SilentReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closed = new();
    private readonly ConcurrentQueue<string> _received = new();
    private readonly Task _listening;

    public SilentReceiver()
    {
        _listener.Start();
        _listening = ListenAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}/";

    /// <summary>How many deliveries came.</summary>
    public int Count => _received.Count;

    /// <summary>Whether a delivery came whose request holds a text.</summary>
    public bool Has(string text) => _received.Any(request => request.Contains(text, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _listener.Dispose();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closed.Dispose();
    }

    private async Task ListenAsync()
    {
        List<Task> reading = [];
        try
        {
            while (true)
            {
                reading.Add(ReadAsync(await _listener.AcceptTcpClientAsync(_closed.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(reading);
        }
    }

    private async Task ReadAsync(TcpClient client)
    {
        using var _ = client;
        var request = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await client.GetStream().ReadAsync(buffer, _closed.Token) is var read and > 0)
            {
                request.Append(Encoding.UTF8.GetString(buffer, 0, read));
                if (buffer[read - 1] == '}')
                {
                    _received.Enqueue(request.ToString());
                }
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // The sender gave up, or the test is over.
        }
    }
}
