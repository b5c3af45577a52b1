using System.Net;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Hosting;

/// <summary>Where a node of an Orleans cluster listens for the others: <c>CODESIGNING_SILO_ADDRESS</c> and <c>CODESIGNING_SILO_PORT</c>.</summary>
internal sealed record ClusterSettings
{
    private const int UsualPort = 11111;

    /// <summary>The address that the other nodes connect to.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static ClusterSettings Read(IConfiguration configuration)
    {
        var mistakes = new List<string>();
        var address = ReadAddress(configuration["CODESIGNING_SILO_ADDRESS"], mistakes);
        var port = ReadPort(configuration["CODESIGNING_SILO_PORT"], mistakes);
        return mistakes.Count == 0 ? new ClusterSettings { Endpoint = new IPEndPoint(address, port) } : throw new SettingsException(mistakes);
    }

    private static IPAddress ReadAddress(string? text, List<string> mistakes)
    {
        if (string.IsNullOrWhiteSpace(text))
            return IPAddress.Loopback;

        if (IPAddress.TryParse(text.Trim(), out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            return address;

        mistakes.Add($"CODESIGNING_SILO_ADDRESS is '{text}'. It is the IP address of this node at which the other nodes reach it, such as 10.0.0.7.");
        return IPAddress.Loopback;
    }

    private static int ReadPort(string? text, List<string> mistakes)
    {
        if (string.IsNullOrWhiteSpace(text))
            return UsualPort;

        if (ushort.TryParse(text.Trim(), out var port) && port != 0)
            return port;

        mistakes.Add($"CODESIGNING_SILO_PORT is '{text}'. It is a TCP port between 1 and 65535; without it, {UsualPort} is taken.");
        return UsualPort;
    }
}
