using System.Net;
using CodeSigning.Gateway.Hosting;

namespace CodeSigning.Gateway.Limits;

/// <summary>What somebody asks for who has not been authenticated, or not yet. Each kind has a bucket of its own at each address.</summary>
internal enum AnonymousKind
{
    /// <summary>Public documents, addresses that lead nowhere, and requests without a valid token.</summary>
    Requests,

    /// <summary>Probes, which are never refused.</summary>
    Probes,

    /// <summary>A login of a machine, which costs a look at the store.</summary>
    MachineLogins,

    /// <summary>A login of a person, which costs a slow hash.</summary>
    PersonLogins,

    /// <summary>A token that this node sees for the first time, which costs a look at the store; given back where it is valid.</summary>
    Tokens,

    /// <summary>A TLS handshake, which costs a signature; given back once a caller was authenticated on the connection.</summary>
    Handshakes,
}

/// <summary>
/// How often one address may ask this node for what needs no token. A thousand CI jobs that start at once behind one address
/// get in; what goes on faster than that does not.
/// </summary>
internal sealed class AddressRates(GatewaySettings settings, TimeProvider time)
{
    // A thousand jobs log in twice, should the first time fail.
    private const int JobsAtOnce = 40;

    // An office's people, and a tenth of a processor's time in hashes.
    private const double PersonShare = 0.1;
    private const double PersonsAtOnce = 2;

    private const double RequestsAtOnce = 10;
    private const double ProbesAtOnce = 4;

    // Whoever shares an address with a flood of handshakes gets one in a few tries, and the flood a part of one core.
    private const double HandshakeShare = 8;

    private readonly AddressRate[] _rates =
        [.. Enum.GetValues<AnonymousKind>().Select(kind => Create(kind, settings.AnonymousRequestsPerSecond, time))];

    /// <summary>Takes leave for one.</summary>
    /// <returns>Null, or how long to wait where there is none.</returns>
    public TimeSpan? Take(AnonymousKind kind, IPAddress? address) =>
        address is null || settings.IsTrustedProxy(address) ? null : _rates[(int)kind].Take(address);

    /// <summary>Gives leave back that was taken.</summary>
    public void GiveBack(AnonymousKind kind, IPAddress? address)
    {
        if (address is not null && !settings.IsTrustedProxy(address))
        {
            _rates[(int)kind].GiveBack(address);
        }
    }

    private static AddressRate Create(AnonymousKind kind, double perSecond, TimeProvider time) => kind switch
    {
        AnonymousKind.Requests => new AddressRate(perSecond, RequestsAtOnce * perSecond, time),
        AnonymousKind.Probes => new AddressRate(perSecond, ProbesAtOnce * perSecond, time),
        AnonymousKind.PersonLogins => new AddressRate(PersonShare * perSecond, PersonsAtOnce * perSecond, time),
        AnonymousKind.Handshakes => new AddressRate(HandshakeShare * perSecond, JobsAtOnce * perSecond, time),
        _ => new AddressRate(perSecond, JobsAtOnce * perSecond, time),
    };
}
