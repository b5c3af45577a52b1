using System.Net;
using System.Net.Sockets;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Silo.Cluster;

/// <summary>
/// The address at which a node listens for other nodes: <c>CODESIGNING_SILO_ADDRESS</c> and
/// <c>CODESIGNING_SILO_PORT</c>.
/// </summary>
internal static class ClusterSettings
{
    private const int UsualPort = 11111;

    /// <summary>Reads the settings of a clustered node; mistakes go to the reader.</summary>
    public static IPEndPoint Read(SettingsReader reader) => new(ReadAddress(reader), ReadPort(reader));

    /// <summary>A free port for a single node, since Orleans always listens.</summary>
    public static IPEndPoint PickAlone()
    {
        // Another process may take the port first; sharing it is harmless, since nobody connects.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private static IPAddress ReadAddress(SettingsReader reader)
    {
        const string meaning = "the IP address at which other nodes reach this node, such as 10.0.0.7";
        var text = reader.Text("CODESIGNING_SILO_ADDRESS");
        if (text is null)
        {
            reader.Refuse($"CODESIGNING_SILO_ADDRESS is not set: expected {meaning}, or 127.0.0.1 if all nodes are on this machine.");
            return IPAddress.None;
        }

        if (IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        reader.Refuse($"CODESIGNING_SILO_ADDRESS is invalid: expected {meaning}, not '{text}'.");
        return IPAddress.None;
    }

    private static int ReadPort(SettingsReader reader)
    {
        var text = reader.Text("CODESIGNING_SILO_PORT");
        if (text is null)
        {
            return UsualPort;
        }

        if (ushort.TryParse(text, out var port) && port != 0)
        {
            return port;
        }

        reader.Refuse($"CODESIGNING_SILO_PORT is invalid: expected a TCP port from 1 to 65535 (default {UsualPort}), not '{text}'.");
        return UsualPort;
    }
}
