using System.Net;
using System.Net.Sockets;

namespace CodeSigning.Grains.Identities.Logins;

/// <summary>
/// What an address says of where a client is: an IPv4 address whole, of an IPv6 address its /64, from which a client
/// may choose as it likes.
/// </summary>
internal static class ClientNetwork
{
    private const int Ipv6PrefixBytes = 8;

    /// <summary>The network of an address; what is no address stands for itself.</summary>
    public static string Of(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return address ?? "";
        }

        if (parsed.IsIPv4MappedToIPv6)
        {
            return parsed.MapToIPv4().ToString();
        }

        return parsed.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(parsed.GetAddressBytes().AsSpan(0, Ipv6PrefixBytes)) + "::/64"
            : parsed.ToString();
    }
}
