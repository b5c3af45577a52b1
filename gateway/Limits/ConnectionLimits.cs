using System.Diagnostics.Metrics;
using System.Net;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using Microsoft.AspNetCore.Connections;

namespace CodeSigning.Gateway.Limits;

/// <summary>
/// Limits connections, from before TLS. An unauthenticated connection counts for its address and for all such; a new
/// one is always accepted, and the least recently active one is closed to make room, so that probes and callers with a
/// token get in however many connections are held open. Once a caller is authenticated on it, it counts for that
/// caller, with a higher limit. Connections of trusted proxies carry everyone's requests and count as callers' from the
/// start.
/// </summary>
internal sealed class ConnectionLimits
{
    // The share of all connections; the rest is for callers and proxies.
    private const double AnonymousShare = 0.4;

    // One caller may hold half of the callers' connections, enough for a fleet that shares an identity.
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

    /// <summary>The number of open unauthenticated connections.</summary>
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

    /// <summary>The number of open connections of callers and trusted proxies.</summary>
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

    /// <summary>The number of connections closed to make room for others.</summary>
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

    /// <summary>Adds a new connection.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="abort">Aborts the connection when it must make room for another.</param>
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

    /// <summary>Removes an ended connection.</summary>
    public void Close(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.Pool?.Remove(connection);
        }
    }

    /// <summary>Records the start of a request on a connection.</summary>
    public void BeginRequest(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.Requests++;
            connection.Pool?.Touch(connection);
        }
    }

    /// <summary>Records the end of a request on a connection.</summary>
    public void EndRequest(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.Requests--;
            connection.Pool?.Touch(connection);
        }
    }

    /// <summary>Records that a caller was authenticated on a connection.</summary>
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

    private static ConnectionAbortedException MadeRoom() => new("The connection was closed to make room for another one.");
}

/// <summary>The connection metrics for <c>/metrics</c>.</summary>
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
