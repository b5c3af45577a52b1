using System.Collections.Concurrent;
using System.Security.Cryptography;
using CodeSigning.Grains.Identities.Sessions;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger;
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
