using System.Net;
using System.Net.Sockets;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Cluster;

/// <summary>
/// The address at which a node listens for other nodes: <c>CODESIGNING_SILO_ADDRESS</c> and
/// <c>CODESIGNING_SILO_PORT</c>.
/// </summary>
internal static class ClusterSettings
{
    private const int UsualPort = 11111;

    /// <summary>Reads and validates the settings of a clustered node.</summary>
    /// <exception cref="SettingsException">The settings are invalid.</exception>
    public static IPEndPoint Read(IConfiguration configuration)
    {
        var mistakes = new List<string>();
        var address = ReadAddress(configuration["CODESIGNING_SILO_ADDRESS"], mistakes);
        var port = ReadPort(configuration["CODESIGNING_SILO_PORT"], mistakes);
        return mistakes.Count == 0 ? new IPEndPoint(address, port) : throw new SettingsException(mistakes);
    }

    /// <summary>A free port for a single node, since Orleans always listens.</summary>
    public static IPEndPoint PickAlone()
    {
        // Another process may take the port first; sharing it is harmless, since nobody connects.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private static IPAddress ReadAddress(string? text, List<string> mistakes)
    {
        const string meaning = "the IP address at which other nodes reach this node, such as 10.0.0.7";
        if (string.IsNullOrWhiteSpace(text))
        {
            mistakes.Add($"CODESIGNING_SILO_ADDRESS is not set: expected {meaning}, or 127.0.0.1 if all nodes are on this machine.");
            return IPAddress.None;
        }

        if (IPAddress.TryParse(text.Trim(), out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        mistakes.Add($"CODESIGNING_SILO_ADDRESS is invalid: expected {meaning}, not '{text}'.");
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

        mistakes.Add($"CODESIGNING_SILO_PORT is invalid: expected a TCP port from 1 to 65535 (default {UsualPort}), not '{text}'.");
        return UsualPort;
    }
}
