using System.Net;
using CodeSigning.Grains.Identities;

namespace CodeSigning.Gateway.Auth;

/// <summary>The origin of requests for the ledger and the throttle.</summary>
internal static class ClientAddress
{
    private const int MaxUserAgentLength = 256;

    /// <summary>The address as text; an IPv4-mapped IPv6 address as IPv4.</summary>
    public static string? ToText(IPAddress? address) =>
        (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();

    /// <summary>The client's address and <c>User-Agent</c>.</summary>
    public static LoginOrigin GetOrigin(this HttpContext context)
    {
        var agent = context.Request.Headers.UserAgent.ToString();
        return new LoginOrigin(
            ToText(context.Connection.RemoteIpAddress),
            agent.Length == 0 ? null : agent[..Math.Min(agent.Length, MaxUserAgentLength)]);
    }
}
