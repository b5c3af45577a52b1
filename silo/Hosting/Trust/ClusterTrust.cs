using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace CodeSigning.Silo.Hosting.Trust;

/// <summary>Whom this node trusts now, and the connections that live by that. Safe for use by several threads.</summary>
internal sealed class ClusterTrust : IDisposable
{
    private readonly ConcurrentDictionary<ConnectionContext, TrustedAuthority> _connections = [];
    private TrustedAuthority? _authority;

    /// <summary>The one authority that counts.</summary>
    public TrustedAuthority Authority =>
        Volatile.Read(ref _authority) ?? throw new InvalidOperationException("The cluster authority has not been opened yet.");

    /// <summary>Trusts an authority, and it alone: connections under the one before are cut.</summary>
    /// <returns>How many were cut.</returns>
    public int Trust(TrustedAuthority authority)
    {
        using var before = Interlocked.Exchange(ref _authority, authority);
        var cut = 0;
        foreach (var (connection, under) in _connections)
        {
            if (under != authority)
            {
                Cut(connection);
                cut++;
            }
        }

        return cut;
    }

    /// <summary>Lets a connection live as long as the authority that its handshake was made under counts.</summary>
    public async Task HoldAsync(ConnectionContext connection, TrustedAuthority under, Func<Task> life)
    {
        _connections[connection] = under;
        try
        {
            // It may have been replaced between the handshake and the line above.
            if (under == Authority)
            {
                await life();
            }
            else
            {
                Cut(connection);
            }
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    public void Dispose() => _authority?.Dispose();

    private static void Cut(ConnectionContext connection) =>
        connection.Abort(new ConnectionAbortedException("The cluster authority was replaced."));
}
