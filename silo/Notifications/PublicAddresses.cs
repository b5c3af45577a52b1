using System.Net;
using System.Net.Sockets;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Which addresses are the public internet's (IANA's special-purpose registries, RFC 6890). A webhook to any other would
/// let whoever sets it reach inside through this server.
/// </summary>
public static class PublicAddresses
{
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

    /// <summary>Whether an address is a public one. Of IPv6 only global unicast is, without what embeds IPv4.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var actual = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (actual.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(actual))
            && !NotPublic.Any(network => network.Contains(actual));
    }
}
