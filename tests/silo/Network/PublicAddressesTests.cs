using System.Net;
using CodeSigning.Silo.Network;
using Xunit;

namespace CodeSigning.Silo.Tests.Network;

/// <summary>Neither a webhook nor an issuer reaches inside.</summary>
public sealed class PublicAddressesTests
{
    /// <summary>IANA's two Special-Purpose Address Registries: what is not globally reachable, or embeds an IPv4 address.</summary>
    public static TheoryData<string> SpecialPurpose =>
    [
        "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
        "255.255.255.255/32",
        "::1/128", "::/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32",
        "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28",
        "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
    ];

    /// <summary>Blocks that other registries set aside: multicast, site-local (RFC 3879), IPv4-compatible and -mapped.</summary>
    public static TheoryData<string> OtherwiseReserved =>
        ["224.0.0.0/4", "ff00::/8", "fec0::/10", "::/96", "::ffff:127.0.0.0/104", "::ffff:10.0.0.0/104", "4000::/3", "200::/7"];

    /// <summary>Entries of the registries that are globally reachable: AS112 and AMT.</summary>
    public static TheoryData<string> GloballyReachable =>
        ["192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "2620:4f:8000::/48"];

    [Theory]
    [MemberData(nameof(SpecialPurpose))]
    [MemberData(nameof(OtherwiseReserved))]
    public void Special_blocks_are_not_public_from_first_to_last(string block)
    {
        Assert.False(PublicAddresses.IsPublic(IPNetwork.Parse(block).BaseAddress));
        Assert.False(PublicAddresses.IsPublic(LastOf(block)));
    }

    [Theory]
    [MemberData(nameof(GloballyReachable))]
    public void Globally_reachable_blocks_are_public(string block)
    {
        Assert.True(PublicAddresses.IsPublic(IPNetwork.Parse(block).BaseAddress));
        Assert.True(PublicAddresses.IsPublic(LastOf(block)));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2001:200::1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("3ffe:ffff::1")]
    public void Neighbours_of_special_blocks_are_public(string text) => Assert.True(PublicAddresses.IsPublic(IPAddress.Parse(text)));

    private static IPAddress LastOf(string block)
    {
        var network = IPNetwork.Parse(block);
        var bytes = network.BaseAddress.GetAddressBytes();
        for (var bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }
}
