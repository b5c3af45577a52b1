using System.Diagnostics.Metrics;
using System.Net;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using Microsoft.AspNetCore.Connections;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Bounds the connections, from before TLS on. One on which nobody was authenticated yet counts against its address and
/// against all such; a newcomer is always let in, and the connection that has done nothing for the longest time makes
/// room, so that a probe and a caller with a token get through however many others are held open. Once a caller was
/// authenticated on it, it counts with that caller's, of which there are more. A trusted proxy's connections bear everybody's
/// requests and count with callers' from the start.
/// </summary>
internal sealed class ConnectionLimits
{
    // Of all places: the others are for callers and proxies.
    private const double AnonymousShare = 0.4;

    // One caller may hold half of the callers' places: what a fleet that shares an identity needs, and not all.
    private const int CallerShare = 2;

    private readonly Lock _lock = new();
    private readonly GatewaySettings _settings;
    private readonly ConnectionPool _anonymous;
    private readonly ConnectionPool _trusted;
    private long _displaced;

    public ConnectionLimits(GatewaySettings settings)
    {
        _settings = settings;
        var anonymous = Math.Max(1, (int)(settings.Connections * AnonymousShare));
        var trusted = Math.Max(1, settings.Connections - anonymous);
        _anonymous = new ConnectionPool(anonymous, Math.Min(anonymous, settings.ConnectionsPerAddress), sparesRequests: false);
        _trusted = new ConnectionPool(trusted, Math.Max(1, trusted / CallerShare), sparesRequests: true);
    }

    /// <summary>How many connections are open on which nobody was authenticated yet.</summary>
    public int AnonymousCount
    {
        get
        {
            lock (_lock)
            {
                return _anonymous.Count;
            }
        }
    }

    /// <summary>How many connections are open of callers and trusted proxies.</summary>
    public int TrustedCount
    {
        get
        {
            lock (_lock)
            {
                return _trusted.Count;
            }
        }
    }

    /// <summary>How many connections were ended to make room for others.</summary>
    public long Displaced => Interlocked.Read(ref _displaced);

    /// <summary>Runs a connection within the limits.</summary>
    public async Task RunAsync(ConnectionContext transport, ConnectionDelegate next)
    {
        var connection = Open((transport.RemoteEndPoint as IPEndPoint)?.Address, () => transport.Abort(MadeRoom()));
        transport.Features.Set(connection);
        try
        {
            await next(transport);
        }
        finally
        {
            Close(connection);
        }
    }

    /// <summary>Takes a place for a connection that begins.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="abort">Ends the connection at once, when it is the one that makes room for another.</param>
    public ClientConnection Open(IPAddress? address, Action abort)
    {
        var connection = new ClientConnection(abort) { IsTrusted = _settings.IsTrustedProxy(address) };
        var party = address is null ? "" : ClientNetwork.Of(address).ToString();
        ClientConnection? removed;
        lock (_lock)
        {
            removed = (connection.IsTrusted ? _trusted : _anonymous).Add(connection, party);
        }

        End(removed);
        return connection;
    }

    /// <summary>Gives the place of a connection that has ended back.</summary>
    public void Close(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.Pool?.Remove(connection);
        }
    }

    /// <summary>Notes that a request begins on a connection.</summary>
    public void BeginRequest(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.Requests++;
            connection.Pool?.Touch(connection);
        }
    }

    /// <summary>Notes that a request has ended on a connection.</summary>
    public void EndRequest(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.Requests--;
            connection.Pool?.Touch(connection);
        }
    }

    /// <summary>Notes that a caller was authenticated on a connection.</summary>
    /// <returns>Whether it was the first.</returns>
    public bool Authenticate(ClientConnection connection, string callerId)
    {
        if (connection.IsTrusted)
        {
            return false;
        }

        ClientConnection? removed;
        lock (_lock)
        {
            if (connection.IsTrusted || connection.Pool is null)
            {
                return false;
            }

            connection.Pool.Remove(connection);
            connection.IsTrusted = true;
            removed = _trusted.Add(connection, callerId);
        }

        End(removed);
        return true;
    }

    private void End(ClientConnection? removed)
    {
        if (removed is null)
        {
            return;
        }

        Interlocked.Increment(ref _displaced);
        removed.Abort();
    }

    private static ConnectionAbortedException MadeRoom() => new("The connection made room for another one.");
}

/// <summary>Tells <c>/metrics</c> how many connections there are, and of whom.</summary>
internal sealed class ConnectionMetrics : IDisposable
{
    private readonly Meter _meter;

    public ConnectionMetrics(IMeterFactory factory, ConnectionLimits connections)
    {
        _meter = factory.Create("CodeSigning.Connections");
        _meter.CreateObservableUpDownCounter(
            "codesigning.connections",
            () => new Measurement<int>[]
            {
                new(connections.AnonymousCount, new KeyValuePair<string, object?>("kind", "anonymous")),
                new(connections.TrustedCount, new KeyValuePair<string, object?>("kind", "trusted")),
            },
            "{connection}",
            "Connections that are open: of callers and trusted proxies, and those on which nobody was authenticated yet.");
        _meter.CreateObservableCounter(
            "codesigning.connections.displaced",
            () => connections.Displaced,
            "{connection}",
            "Connections that were ended to make room for others.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
