using CodeSigning.Errors;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>
/// Slows down who guesses, without letting a guesser lock anyone out. Failures count in three ways:
/// for an account from one address, which blocks that pair for longer and longer; for an address, whatever the account;
/// and for an account, whatever the address. The last is a brake that only those addresses feel that have failed on the
/// account several times themselves, so that its owner, coming from anywhere else, always gets in. An address's block is
/// felt by accounts that have failed from there themselves; any other is tried first, since many machines and people may
/// share an address: a right credential gets in, and a wrong one is told to wait, the same whether or not there is such an
/// account. While a pair is blocked, a right password is refused too, or the block would tell which guess was right.
/// An IPv6 client has a whole /64 to choose addresses from, so that counts as one address. People and machine identities
/// are counted apart. It is kept in the memory of each node: n nodes allow n times as much.
/// </summary>
public sealed class LoginThrottle(IOptions<ThrottleOptions> options, TimeProvider time)
{
    private readonly ThrottleOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly FailureTable _pairs = new(options.Value.Capacity, options.Value.Memory);
    private readonly FailureTable _addresses = new(options.Value.Capacity, options.Value.Memory);
    private readonly FailureTable _accounts = new(options.Value.Capacity, options.Value.Memory);

    /// <summary>Begins an attempt; dispose of it when it is over.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>, with how long to wait.</exception>
    internal LoginAttempt Begin(PrincipalKind kind, string account, string? address)
    {
        var rule = kind == PrincipalKind.User ? _options.Person : _options.Machine;
        var origin = ClientNetwork.Of(address);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var pair = _pairs.Touch($"{kind}\n{account}\n{origin}", now);
            var fromAddress = _addresses.Touch($"{kind}\n{origin}", now);
            var onAccount = _accounts.Touch($"{kind}\n{account}", now);
            var wait = Longest(
                Blocked(pair, rule, now),
                BlockedByAddress(pair, fromAddress, kind, now),
                pair.Failures < _options.FailuresBeforeAccountBrake ? TimeSpan.Zero : Blocked(onAccount, _options.Account, now));
            if (wait > TimeSpan.Zero)
            {
                throw RateLimited(wait);
            }

            pair.UnderWay++;
            fromAddress.UnderWay++;
            return new LoginAttempt(this, rule, pair, fromAddress, onAccount);
        }
    }

    /// <summary>Forgets what the account failed before from its address.</summary>
    internal void Succeed(LoginAttempt attempt)
    {
        lock (_lock)
        {
            attempt.Pair.Clear();
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>: its address is blocked, and only a right credential would get in.</exception>
    internal void Fail(LoginAttempt attempt)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var wasBlocked = attempt.Address.IsBlockedAt(now);
            attempt.Pair.Fail(attempt.Rule, now);
            attempt.Address.Fail(_options.Address, now);
            attempt.Account.Fail(_options.Account, now);
            if (wasBlocked)
            {
                throw RateLimited(Longest(attempt.Pair.BlockedUntil - now, attempt.Address.BlockedUntil - now));
            }
        }
    }

    /// <summary>Ends an attempt, whatever came of it.</summary>
    internal void End(LoginAttempt attempt)
    {
        lock (_lock)
        {
            attempt.Pair.UnderWay--;
            attempt.Address.UnderWay--;
        }
    }

    private TimeSpan BlockedByAddress(FailureRecord pair, FailureRecord address, PrincipalKind kind, DateTimeOffset now)
    {
        if (pair.Failures > 0 || !address.IsBlockedAt(now))
        {
            return Blocked(address, _options.Address, now);
        }

        var most = kind == PrincipalKind.User ? _options.PasswordsAtOncePastBlock : _options.Address.AttemptsAtOnce;
        return Crowded(address, most);
    }

    private static TimeSpan Blocked(FailureRecord record, ThrottleRule rule, DateTimeOffset now) =>
        record.IsBlockedAt(now) ? record.BlockedUntil - now : Crowded(record, rule.AttemptsAtOnce);

    private static TimeSpan Crowded(FailureRecord record, int most) =>
        record.UnderWay >= most ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;

    private static RefusedException RateLimited(TimeSpan wait) =>
        new(ErrorCode.RateLimited, "Too many failed logins. Wait as long as Retry-After says.")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)),
        };

    private static TimeSpan Longest(params ReadOnlySpan<TimeSpan> waits)
    {
        var longest = TimeSpan.Zero;
        foreach (var wait in waits)
        {
            longest = wait > longest ? wait : longest;
        }

        return longest;
    }
}
