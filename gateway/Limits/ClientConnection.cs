using System.Net;
using Microsoft.AspNetCore.Connections.Features;

namespace CodeSigning.Gateway.Limits;

/// <summary>A connection of a client as the limits see it; a feature of each of its requests.</summary>
internal sealed class ClientConnection
{
    private readonly Action _abort;
    private int _anonymousRequests;
    private int _refusals;
    private int _requests;
    private volatile bool _isTrusted;

    /// <param name="abort">Ends the connection at once.</param>
    public ClientConnection(Action abort)
    {
        _abort = abort;
        Place = new LinkedListNode<ClientConnection>(this);
    }

    /// <summary>The pool that it is in; null once it was removed. Under the lock of <see cref="ConnectionLimits"/>, as all until <see cref="IsTrusted"/>.</summary>
    public ConnectionPool? Pool { get; set; }

    /// <summary>Whose connections it counts with.</summary>
    public ConnectionPool.Party? Party { get; set; }

    /// <summary>Where it is in its party's queue.</summary>
    public LinkedListNode<ClientConnection> Place { get; }

    /// <summary>When something began or ended on it, in the order of the pool.</summary>
    public long Stamp { get; set; }

    /// <summary>How many requests are under way on it.</summary>
    public int Requests { get; set; }

    /// <summary>The address whose leave for a TLS handshake was taken for it; null where there was none.</summary>
    public IPAddress? HandshakeFrom { get; set; }

    /// <summary>Whether a caller was authenticated on it, or it is a trusted proxy's. Read without the lock too.</summary>
    public bool IsTrusted
    {
        get => _isTrusted;
        set => _isTrusted = value;
    }

    /// <summary>Counts an anonymous request that begins, unless so many are under way.</summary>
    public bool TryBeginAnonymous(int most)
    {
        if (Interlocked.Increment(ref _anonymousRequests) <= most)
        {
            return true;
        }

        EndAnonymous();
        return false;
    }

    /// <summary>Counts an anonymous request that has ended.</summary>
    public void EndAnonymous() => Interlocked.Decrement(ref _anonymousRequests);

    /// <summary>How many requests there were on it since it is trusted, this one included.</summary>
    public int CountRequest() => Interlocked.Increment(ref _requests);

    /// <summary>How many anonymous requests were refused on it, this one included.</summary>
    public int CountRefusal() => Interlocked.Increment(ref _refusals);

    /// <summary>Ends it at once.</summary>
    public void Abort() => _abort();
}

/// <summary>
/// Notes which connections have a request under way, and lets others have their turn. Requests that are sent one behind the
/// other, without waiting for answers, would otherwise all be handled by one thread before it does anything else.
/// </summary>
internal sealed class ClientConnectionMiddleware(RequestDelegate next, ConnectionLimits limits)
{
    // Of a caller, whose own rates bound what this saves.
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
            // Kestrel would go on with all that was sent before the client left.
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
