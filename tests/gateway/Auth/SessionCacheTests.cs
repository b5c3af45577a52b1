using System.Net;
using CodeSigning.Contract;
using CodeSigning.Gateway.Auth;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Testing;
using Microsoft.Extensions.Options;

namespace CodeSigning.Gateway.Tests.Auth;

public sealed class SessionCacheTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly SessionCache _cache;

    public SessionCacheTests() => _cache = new SessionCache(
        Options.Create(new TokenAuthenticationOptions { CacheCapacity = 3 }), _time);

    [Theory]
    [InlineData("session", "ses_0123456789abcdefghjkmnpq01", 0)]
    [InlineData("session", "ses_0123456789abcdefghjkmnpq01", 2)]
    [InlineData("user", "usr_1", 2)]
    [InlineData("user", "usr_1", 0)]
    [InlineData("secret", "sec_1", 0)]
    public void Commit_drops_cached_sessions_that_depend_on_it(string type, string id, long version)
    {
        var (token, session) = Make(1);
        _cache.Add(token, session, _cache.Drops);
        Assert.Same(session, _cache.Find(token));
        _cache.OnCommitted([new StateVersion(type, id, version)]);
        Assert.Null(_cache.Find(token));
    }

    [Theory]
    [InlineData("user", "usr_2", 2)]
    [InlineData("signer", "usr_1", 2)]
    [InlineData("session", "ses_0123456789abcdefghjkmnpq02", 1)]
    public void Unrelated_commit_drops_no_session(string type, string id, long version)
    {
        var (token, session) = Make(1);
        _cache.Add(token, session, _cache.Drops);
        _cache.OnCommitted([new StateVersion(type, id, version)]);
        Assert.Same(session, _cache.Find(token));
    }

    [Fact]
    public void Session_read_before_a_commit_is_not_cached_after_it()
    {
        var (token, session) = Make(1);
        var before = _cache.Drops;
        _cache.OnCommitted([new StateVersion("user", "usr_1", 2)]);
        _cache.Add(token, session, before);
        Assert.Null(_cache.Find(token));
    }

    [Fact]
    public void Session_is_found_until_its_end()
    {
        var (token, session) = Make(1);
        _cache.Add(token, session, _cache.Drops);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(_cache.Find(token));
    }

    [Fact]
    public void Longest_cached_session_is_evicted_first()
    {
        var sessions = Enumerable.Range(1, 4).Select(Make).ToList();
        foreach (var (token, session) in sessions)
        {
            _cache.Add(token, session, _cache.Drops);
        }

        Assert.Equal([false, true, true, true], sessions.Select(entry => _cache.Find(entry.Token) is not null));
    }

    [Fact]
    public void Finding_a_caller_allocates_nothing()
    {
        var (token, session) = Make(1);
        _cache.Add(token, session, _cache.Drops);
        var address = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < 100; i++)
        {
            _cache.Find(token)!.From(address);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _cache.Find(token)!.From(address);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private (string Token, CachedSession Session) Make(int number)
    {
        var key = $"0123456789abcdefghjkmnpq{number:00}";
        var token = $"cs_{key}{new string('x', 43)}";
        var hash = new byte[32];
        SessionToken.Hash(token, hash);
        var id = SessionToken.ToSessionId(key);
        var caller = new Caller(
            PrincipalKind.User, "usr_1", "Ann", ProductRole.Member,
            [new StateVersion("user", "usr_1", 1), new StateVersion("secret", "sec_1", 1), new StateVersion("session", id, 1)],
            _time.GetUtcNow().AddHours(1), null, id);
        return (token, new CachedSession(new LiveSession(hash, caller)));
    }
}
