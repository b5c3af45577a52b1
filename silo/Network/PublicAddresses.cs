using System.Net;
using System.Net.Sockets;

namespace CodeSigning.Silo.Network;

/// <summary>
/// Decides which addresses are public (IANA IPv4 and IPv6 Special-Purpose Address Registries, RFC 6890). Calls to any
/// other address, such as a webhook or an issuer's keys, would let whoever chose the address reach internal services
/// through this server.
/// </summary>
public static class PublicAddresses
{
    // Blocks that the registries list as globally reachable (AS112, AMT) are public; addresses that embed IPv4
    // addresses are not.
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Whether an address is public. For IPv6, only global unicast is (RFC 4291, section 2.4).</summary>
    public static bool IsPublic(IPAddress address)
    {
        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (actual.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(actual))
            && !Array.Exists(NotPublic, network => network.Contains(actual));
    }
}
