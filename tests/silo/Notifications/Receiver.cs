using System.Collections.Concurrent;
using System.Net;
using CodeSigning.Silo.Notifications;
using CodeSigning.Testing;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>A webhook's receiver on loopback. It answers all but what a test tells it to leave open.</summary>
internal sealed class Receiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, bool> _answers;
    private readonly ConcurrentBag<HttpListenerContext> _open = [];

    /// <summary>Starts one.</summary>
    /// <param name="answers">Whether deliveries of this type of event are answered.</param>
    public Receiver(Func<string, bool> answers)
    {
        _answers = answers;
        Url = $"http://127.0.0.1:{FreePort.Find()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        Listening = ListenAsync();
    }

    public string Url { get; }

    /// <summary>The ids of the deliveries that came, in their order.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    public Task Listening { get; }

    public void Dispose()
    {
        foreach (var open in _open)
        {
            open.Response.Abort();
        }

        _listener.Close();
    }

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Received.Enqueue(context.Request.Headers[WebhookSignature.DeliveryHeader]!);
            if (_answers(context.Request.Headers[WebhookSignature.EventHeader]!))
            {
                context.Response.Close();
            }
            else
            {
                _open.Add(context);
            }
        }
    }
}
