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
/// The cache of sessions whose tokens this node has seen, for look-ups without the store and without allocation.
/// Commits of this node evict affected sessions before their callers are answered, so that a token is invalid when the
/// call that ended it returns. A session read while something was evicted is used once and not cached, since it may be
/// stale.
/// </summary>
internal sealed class SessionCache(IOptions<TokenAuthenticationOptions> options, TimeProvider time) : ICommitObserver
{
    private readonly int _capacity = options.Value.CacheCapacity;
    private readonly ConcurrentDictionary<string, CachedSession> _sessions = new(StringComparer.Ordinal);
    private readonly Queue<string> _byAge = new();
    private readonly Lock _writing = new();
    private long _drops;

    /// <summary>The number of evictions; read it before reading a session and pass it to <see cref="Add"/>.</summary>
    public long Drops => Volatile.Read(ref _drops);

    /// <summary>The cached session that the token authenticates; null if there is none.</summary>
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

    /// <summary>Caches a session, unless something was evicted since it was read.</summary>
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

    /// <summary>Evicts a session with a stale read set.</summary>
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
                    DropAllThatRead(version.Type, version.Id);
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

    // These change rarely, and the number of sessions is bounded.
    private void DropAllThatRead(string type, string id)
    {
        lock (_writing)
        {
            _drops++;
            foreach (var (key, session) in _sessions)
            {
                if (session.Reads(type, id))
                {
                    _sessions.TryRemove(key, out _);
                }
            }
        }
    }
}

/// <summary>A cached session.</summary>
internal sealed class CachedSession(LiveSession session)
{
    // A client rarely changes its address, so the last caller is nearly always reused.
    private Sighting? _last;

    /// <summary>The session's caller.</summary>
    public Caller Caller { get; } = session.Caller;

    /// <summary>Whether a token belongs to this session, compared in constant time.</summary>
    public bool IsOf(ReadOnlySpan<byte> tokenHash) =>
        CryptographicOperations.FixedTimeEquals(session.TokenHash.Span, tokenHash);

    /// <summary>Whether the session's read set includes this state.</summary>
    public bool Reads(string type, string id)
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
