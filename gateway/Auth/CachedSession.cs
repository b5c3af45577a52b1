using System.Net;
using System.Security.Cryptography;
using CodeSigning.Grains.Identities.Sessions;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Auth;

/// <summary>A session as it was read from the store.</summary>
internal sealed class CachedSession(LiveSession session)
{
    // A client keeps to its address, so its caller is nearly always the one of the request before.
    private Sighting? _last;

    /// <summary>Who bears the session.</summary>
    public Caller Caller { get; } = session.Caller;

    /// <summary>Whether a token is this session's, compared in constant time.</summary>
    public bool IsOf(ReadOnlySpan<byte> tokenHash) =>
        CryptographicOperations.FixedTimeEquals(session.TokenHash.Span, tokenHash);

    /// <summary>Whether the session rests on a version of this state.</summary>
    public bool RestsOn(string type, string id)
    {
        foreach (var version in Caller.Basis)
        {
            if (version.Type == type && version.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The caller with the address of a request.</summary>
    public Caller From(IPAddress? address)
    {
        if (_last is { } last && Equals(last.Address, address))
        {
            return last.Caller;
        }

        var caller = Caller with { Address = ClientAddress.ToText(address) };
        _last = new Sighting(address, caller);
        return caller;
    }

    private sealed record Sighting(IPAddress? Address, Caller Caller);
}
