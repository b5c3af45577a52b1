using System.Net;
using System.Net.Sockets;
using CodeSigning.Errors;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Identities;

/// <summary>The origin of a login.</summary>
/// <param name="Address">The client's address as the gateway saw it.</param>
/// <param name="UserAgent">The client's <c>User-Agent</c>, cut to 256 characters.</param>
public sealed record LoginOrigin(string? Address, string? UserAgent);

/// <summary>
/// The network that identifies a client: the whole IPv4 address, or the /64 of an IPv6 address, since an IPv6 client
/// can choose any address in its /64.
/// </summary>
public static class ClientNetwork
{
    private const int Ipv4Bits = 32;
    private const int Ipv6Bits = 64;
    private const int Ipv6PrefixBytes = Ipv6Bits / 8;

    /// <summary>The network of an address; an IPv4-mapped IPv6 address counts as IPv4.</summary>
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

    /// <summary>The network of an address as text; a text that is not an address is returned unchanged.</summary>
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

/// <summary>Records logins of people, machine identities and client secrets.</summary>
internal static class LoginObservation
{
    private const string What = "login";

    public static void NoteLogin(this IObservations observations, string subject) => observations.Note(subject, What);

    /// <summary>The logins of these subjects; a subject that never logged in is absent.</summary>
    public static async Task<IReadOnlyDictionary<string, Observation>> ReadLoginsAsync(
        this IObservations observations, IReadOnlyCollection<string> subjects, CancellationToken cancellationToken)
    {
        if (subjects.Count == 0)
        {
            return new Dictionary<string, Observation>();
        }

        var all = await observations.ReadAsync(subjects, cancellationToken);
        return all.Where(seen => seen.What == What).ToDictionary(seen => seen.Subject);
    }
}

/// <summary>The response to every failed login: it must not reveal which accounts exist.</summary>
internal static class FailedLogin
{
    public static RefusedException Create() =>
        new(ErrorCode.Unauthenticated, "The login failed: check the account and its credentials.");
}
