using System.Net;
using System.Net.Sockets;

namespace CodeSigning.Grains.Identities.Logins;

/// <summary>
/// What an address says of where a client is: an IPv4 address whole, of an IPv6 address its /64, from which a client
/// may choose as it likes.
/// </summary>
public static class ClientNetwork
{
    private const int Ipv4Bits = 32;
    private const int Ipv6Bits = 64;
    private const int Ipv6PrefixBytes = Ipv6Bits / 8;

    /// <summary>The network of an address; an IPv4 address that came in over IPv6 counts as what it is.</summary>
    public static IPNetwork Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return new IPNetwork(address.MapToIPv4(), Ipv4Bits);
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return new IPNetwork(address, Ipv4Bits);
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Ipv6PrefixBytes).Clear();
        return new IPNetwork(new IPAddress(bytes), Ipv6Bits);
    }

    /// <summary>The network of an address as text; what is no address stands for itself.</summary>
    internal static string Of(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return address ?? "";
        }

        var network = Of(parsed).BaseAddress;
        return network.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(network.GetAddressBytes().AsSpan(0, Ipv6PrefixBytes)) + "::/64"
            : network.ToString();
    }
}
