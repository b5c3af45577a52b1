using System.Net;
using Microsoft.AspNetCore.Connections.Features;

namespace CodeSigning.Gateway.Limits;

/// <summary>A client's connection with its limits; a feature of each of its requests.</summary>
internal sealed class ClientConnection
{
    private readonly Action _abort;
    private int _anonymousRequests;
    private int _refusals;
    private int _requests;
    private volatile bool _isTrusted;

    /// <param name="abort">Aborts the connection.</param>
    public ClientConnection(Action abort)
    {
        _abort = abort;
        Place = new LinkedListNode<ClientConnection>(this);
    }

    /// <summary>
    /// Its pool; null once removed. Guarded by the lock of <see cref="ConnectionLimits"/>, like all members up to <see
    /// cref="IsTrusted"/>.
    /// </summary>
    public ConnectionPool? Pool { get; set; }

    /// <summary>The party that it counts for.</summary>
    public ConnectionPool.Party? Party { get; set; }

    /// <summary>Its place in the party's queue.</summary>
    public LinkedListNode<ClientConnection> Place { get; }

    /// <summary>The sequence number of its last activity in the pool.</summary>
    public long Stamp { get; set; }

    /// <summary>The number of requests in flight.</summary>
    public int Requests { get; set; }

    /// <summary>The address charged for its TLS handshake; null if there was none.</summary>
    public IPAddress? HandshakeFrom { get; set; }

    /// <summary>
    /// Whether a caller was authenticated on it or it belongs to a trusted proxy. Also read without the lock.
    /// </summary>
    public bool IsTrusted
    {
        get => _isTrusted;
        set => _isTrusted = value;
    }

    /// <summary>Counts the start of an anonymous request; false if too many are in flight.</summary>
    public bool TryBeginAnonymous(int most)
    {
        if (Interlocked.Increment(ref _anonymousRequests) <= most)
        {
            return true;
        }

        EndAnonymous();
        return false;
    }

    /// <summary>Counts the end of an anonymous request.</summary>
    public void EndAnonymous() => Interlocked.Decrement(ref _anonymousRequests);

    /// <summary>Counts a request and returns the number since it became trusted.</summary>
    public int CountRequest() => Interlocked.Increment(ref _requests);

    /// <summary>Counts a refused anonymous request and returns their number.</summary>
    public int CountRefusal() => Interlocked.Increment(ref _refusals);

    /// <summary>Aborts it.</summary>
    public void Abort() => _abort();
}

/// <summary>
/// Tracks requests per connection, and yields between them. Pipelined requests would otherwise all run on one thread
/// before any other work.
/// </summary>
internal sealed class ClientConnectionMiddleware(RequestDelegate next, ConnectionLimits limits)
{
    // For authenticated callers, whose rates are limited anyway.
    private const int RequestsInARow = 16;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<ClientConnection>() is not { } connection)
        {
            await next(context);
            return;
        }

        if (!connection.IsTrusted || connection.CountRequest() % RequestsInARow == 0)
        {
            await Task.Yield();
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            // Kestrel would handle all pipelined requests of a disconnected client.
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            return;
        }

        limits.BeginRequest(connection);
        try
        {
            await next(context);
        }
        finally
        {
            limits.EndRequest(connection);
        }
    }
}
