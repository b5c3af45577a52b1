using System.Net;
using CodeSigning.Grains.Identities;

namespace CodeSigning.Gateway.Auth;

/// <summary>Where a request comes from, as the ledger and the throttle are told.</summary>
internal static class ClientAddress
{
    private const int MaxUserAgentLength = 256;

    /// <summary>The address as text; an IPv4 address that came in over IPv6 as what it is.</summary>
    public static string? ToText(IPAddress? address) =>
        (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();

    /// <summary>The address of a request, and what its client says it is.</summary>
    public static LoginOrigin GetOrigin(this HttpContext context)
    {
        var agent = context.Request.Headers.UserAgent.ToString();
        return new LoginOrigin(
            ToText(context.Connection.RemoteIpAddress),
            agent.Length == 0 ? null : agent[..Math.Min(agent.Length, MaxUserAgentLength)]);
    }
}
