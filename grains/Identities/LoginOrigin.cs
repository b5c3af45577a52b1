using System.Net;
using System.Net.Sockets;
using CodeSigning.Errors;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Identities;

/// <summary>Where a login comes from.</summary>
/// <param name="Address">The client's address as the gateway saw it.</param>
/// <param name="UserAgent">What the client says it is; kept to 256 characters.</param>
public sealed record LoginOrigin(string? Address, string? UserAgent);

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

/// <summary>How logins are noted: of people, machine identities and client secrets alike.</summary>
internal static class LoginObservation
{
    private const string What = "login";

    public static void NoteLogin(this IObservations observations, string subject) => observations.Note(subject, What);

    /// <summary>The logins of these subjects; a subject that never logged in has none.</summary>
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

/// <summary>The one answer to a login that failed, whatever the reason: it must not tell which accounts exist.</summary>
internal static class FailedLogin
{
    public static RefusedException Create() =>
        new(ErrorCode.Unauthenticated, "The login failed. Check the account and its credentials.");
}
