using System.Net;
using System.Net.Sockets;

namespace CodeSigning.Testing;

/// <summary>Ports of this machine that nobody listens at.</summary>
public static class FreePort
{
    /// <summary>Finds one. Somebody else may take it before it is used, though that is unlikely.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
