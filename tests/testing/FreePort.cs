using System.Net;
using System.Net.Sockets;

namespace CodeSigning.Testing;

/// <summary>Ports of this machine that nobody listens at.</summary>
public static class FreePort
{
    // The kernel gives out higher ones, to every connection and to a single node's silo: one that was free when it was
    // looked for could be theirs before it is used.
    private const int Lowest = 10_000;
    private const int Highest = 32_000;

    private static readonly HashSet<int> Taken = [];

    /// <summary>Finds one that nobody in this process was given before.</summary>
    public static int Find() => FindRange(1);

    /// <summary>Finds the first of as many in a row, as <see cref="Find"/> does.</summary>
    public static int FindRange(int count)
    {
        while (true)
        {
            int[] ports = [.. Enumerable.Range(Random.Shared.Next(Lowest, Highest - count), count)];
            lock (Taken)
            {
                if (ports.All(port => !Taken.Contains(port) && IsFree(port)))
                {
                    Taken.UnionWith(ports);
                    return ports[0];
                }
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
