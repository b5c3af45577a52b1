using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Silo.Ledger.Writing;
using Microsoft.Extensions.Options;

namespace CodeSigning.Gateway.Auth;

/// <summary>
/// The sessions whose tokens this node has seen, found without a look at the store and without allocating. What this
/// node commits drops what it touches before the commit's caller hears of it, so that a token has ended when the call
/// that ended it returns. A session that was being read while something was committed is used once and not cached: it
/// may have been read before.
/// </summary>
internal sealed class SessionCache(IOptions<TokenAuthenticationOptions> options, TimeProvider time) : ICommitObserver
{
    private readonly int _capacity = options.Value.CacheCapacity;
    private readonly ConcurrentDictionary<string, CachedSession> _sessions = new(StringComparer.Ordinal);
    private readonly Queue<string> _byAge = new();
    private readonly Lock _writing = new();
    private long _drops;

    /// <summary>How often something was dropped; to be read before a session is read, and given to <see cref="Add"/>.</summary>
    public long Drops => Volatile.Read(ref _drops);

    /// <summary>The session of a token; null where none is cached that the token proves.</summary>
    public CachedSession? Find(ReadOnlySpan<char> token)
    {
        if (!SessionToken.TryGetKey(token, out var key)
            || !_sessions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var session))
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SessionToken.Hash(token, hash);
        return session.IsOf(hash) && session.Caller.Until > time.GetUtcNow() ? session : null;
    }

    /// <summary>Caches a session, unless something was dropped since it was asked for.</summary>
    public void Add(ReadOnlySpan<char> token, CachedSession session, long dropsBefore)
    {
        if (!SessionToken.TryGetKey(token, out var key))
        {
            return;
        }

        var text = key.ToString();
        lock (_writing)
        {
            if (_drops != dropsBefore)
            {
                return;
            }

            _sessions[text] = session;
            _byAge.Enqueue(text);
            while (_byAge.Count > _capacity)
            {
                _sessions.TryRemove(_byAge.Dequeue(), out _);
            }
        }
    }

    /// <summary>Drops a session that turned out to rest on versions that have passed.</summary>
    public void Drop(CachedSession session)
    {
        if (session.Caller.SessionId is { } id)
        {
            DropSession(id);
        }
    }

    /// <inheritdoc/>
    public void OnCommitted(IReadOnlyList<StateVersion> written)
    {
        foreach (var version in written)
        {
            switch (version)
            {
                case { Type: StateTypes.Session, Version: not 1 }:
                    DropSession(version.Id);
                    break;
                case { Type: StateTypes.User or StateTypes.Identity or StateTypes.ClientSecret, Version: not 1 }:
                    DropAllThatRestOn(version.Type, version.Id);
                    break;
            }
        }
    }

    private void DropSession(string id)
    {
        lock (_writing)
        {
            _drops++;
            _sessions.TryRemove(id[(IdPrefixes.Session.Length + 1)..], out _);
        }
    }

    // These change seldom, and there are no more sessions here than the capacity.
    private void DropAllThatRestOn(string type, string id)
    {
        lock (_writing)
        {
            _drops++;
            foreach (var (key, session) in _sessions)
            {
                if (session.RestsOn(type, id))
                {
                    _sessions.TryRemove(key, out _);
                }
            }
        }
    }
}

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
        foreach (var version in Caller.ReadSet)
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
