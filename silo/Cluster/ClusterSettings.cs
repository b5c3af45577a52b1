using System.Net;
using System.Net.Sockets;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Cluster;

/// <summary>Where a node listens for the other nodes of its cluster: <c>CODESIGNING_SILO_ADDRESS</c> and <c>CODESIGNING_SILO_PORT</c>.</summary>
internal static class ClusterSettings
{
    private const int UsualPort = 11111;

    /// <summary>Reads and checks them, for a node that others reach.</summary>
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static IPEndPoint Read(IConfiguration configuration)
    {
        var mistakes = new List<string>();
        var address = ReadAddress(configuration["CODESIGNING_SILO_ADDRESS"], mistakes);
        var port = ReadPort(configuration["CODESIGNING_SILO_PORT"], mistakes);
        return mistakes.Count == 0 ? new IPEndPoint(address, port) : throw new SettingsException(mistakes);
    }

    /// <summary>A free port of this machine, for a node that is alone: Orleans listens all the same.</summary>
    public static IPEndPoint PickAlone()
    {
        // Somebody else may take the port before Orleans does. Then two share it, and since nobody connects, it does no harm.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private static IPAddress ReadAddress(string? text, List<string> mistakes)
    {
        const string meaning = "the IP address of this node at which the other nodes reach it, such as 10.0.0.7";
        if (string.IsNullOrWhiteSpace(text))
        {
            mistakes.Add($"CODESIGNING_SILO_ADDRESS is not set. A node on PostgreSQL needs it: {meaning}; 127.0.0.1 where all nodes are on this machine.");
            return IPAddress.None;
        }

        if (IPAddress.TryParse(text.Trim(), out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        mistakes.Add($"CODESIGNING_SILO_ADDRESS is '{text}'. It is {meaning}.");
        return IPAddress.None;
    }

    private static int ReadPort(string? text, List<string> mistakes)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return UsualPort;
        }

        if (ushort.TryParse(text.Trim(), out var port) && port != 0)
        {
            return port;
        }

        mistakes.Add($"CODESIGNING_SILO_PORT is '{text}'. It is a TCP port between 1 and 65535; without it, {UsualPort} is taken.");
        return UsualPort;
    }
}
