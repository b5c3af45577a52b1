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

    /// <summary>Finds one below those that are given out by themselves, with as many after it that are free too.</summary>
    public static int FindRange(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(10_000, 32_000);
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
