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
/// are counted apart. Only what was tried counts, the same whether or not there is such an account, and a flood of it cannot
/// push out what is blocked (<see cref="FailureTable"/>). It is kept in the memory of each node: n nodes allow n times as much.
/// </summary>
public sealed class LoginThrottle(IOptions<ThrottleOptions> options, TimeProvider time)
{
    private readonly ThrottleOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Failures _ofPeople = new(options.Value);
    private readonly Failures _ofMachines = new(options.Value);

    /// <summary>Begins an attempt; dispose of it when it is over.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>, with how long to wait.</exception>
    internal LoginAttempt Begin(PrincipalKind kind, string account, string? address)
    {
        var origin = ClientNetwork.Of(address);
        var attempt = new LoginAttempt(
            this, kind, FailureTable.KeyOf($"{account}\n{origin}"), FailureTable.KeyOf(origin), FailureTable.KeyOf(account));
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var failures = FailuresOf(kind);
            var pair = failures.Pairs.Find(attempt.Pair, now);
            var wait = Longest(
                Blocked(pair, now),
                Crowded(failures.PairsUnderWay, attempt.Pair, RuleOf(kind).AttemptsAtOnce),
                BlockedByAddress(failures, attempt, pair, now),
                pair is null || pair.Failures < _options.FailuresBeforeAccountBrake
                    ? TimeSpan.Zero
                    : Blocked(failures.Accounts.Find(attempt.Account, now), now));
            if (wait > TimeSpan.Zero)
            {
                throw RateLimited(wait);
            }

            Add(failures.PairsUnderWay, attempt.Pair);
            Add(failures.AddressesUnderWay, attempt.Address);
            return attempt;
        }
    }

    /// <summary>Forgets what the account failed before from its address.</summary>
    internal void Succeed(LoginAttempt attempt)
    {
        lock (_lock)
        {
            FailuresOf(attempt.Kind).Pairs.Forget(attempt.Pair);
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>: its address is blocked, and only a right credential would get in.</exception>
    internal void Fail(LoginAttempt attempt)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var failures = FailuresOf(attempt.Kind);
            var wasBlocked = failures.Addresses.Find(attempt.Address, now)?.IsBlockedAt(now) == true;
            var pair = failures.Pairs.Fail(attempt.Pair, RuleOf(attempt.Kind), now);
            var address = failures.Addresses.Fail(attempt.Address, _options.Address, now);
            failures.Accounts.Fail(attempt.Account, _options.Account, now);
            if (wasBlocked)
            {
                throw RateLimited(Longest(pair.BlockedUntil - now, address.BlockedUntil - now));
            }
        }
    }

    /// <summary>Ends an attempt, whatever came of it.</summary>
    internal void End(LoginAttempt attempt)
    {
        lock (_lock)
        {
            var failures = FailuresOf(attempt.Kind);
            Remove(failures.PairsUnderWay, attempt.Pair);
            Remove(failures.AddressesUnderWay, attempt.Address);
        }
    }

    private Failures FailuresOf(PrincipalKind kind) => kind == PrincipalKind.User ? _ofPeople : _ofMachines;

    private ThrottleRule RuleOf(PrincipalKind kind) => kind == PrincipalKind.User ? _options.Person : _options.Machine;

    private TimeSpan BlockedByAddress(Failures failures, LoginAttempt attempt, FailureRecord? pair, DateTimeOffset now)
    {
        var address = failures.Addresses.Find(attempt.Address, now);
        if (address?.IsBlockedAt(now) != true)
        {
            return Crowded(failures.AddressesUnderWay, attempt.Address, _options.Address.AttemptsAtOnce);
        }

        if (pair is not null)
        {
            return address.BlockedUntil - now;
        }

        var most = attempt.Kind == PrincipalKind.User ? _options.PasswordsAtOncePastBlock : _options.Address.AttemptsAtOnce;
        return Crowded(failures.AddressesUnderWay, attempt.Address, most);
    }

    private static TimeSpan Blocked(FailureRecord? record, DateTimeOffset now) =>
        record?.IsBlockedAt(now) == true ? record.BlockedUntil - now : TimeSpan.Zero;

    private static TimeSpan Crowded(Dictionary<UInt128, int> underWay, UInt128 key, int most) =>
        underWay.GetValueOrDefault(key) >= most ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;

    private static void Add(Dictionary<UInt128, int> underWay, UInt128 key) => underWay[key] = underWay.GetValueOrDefault(key) + 1;

    private static void Remove(Dictionary<UInt128, int> underWay, UInt128 key)
    {
        if (underWay[key] > 1)
        {
            underWay[key]--;
        }
        else
        {
            underWay.Remove(key);
        }
    }

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

    /// <summary>What people, or machine identities, failed, and how many attempts are under way.</summary>
    private sealed class Failures(ThrottleOptions options)
    {
        public FailureTable Pairs { get; } = new(options.Capacity, options.Memory);

        public FailureTable Addresses { get; } = new(options.Capacity, options.Memory);

        public FailureTable Accounts { get; } = new(options.Capacity, options.Memory);

        public Dictionary<UInt128, int> PairsUnderWay { get; } = [];

        public Dictionary<UInt128, int> AddressesUnderWay { get; } = [];
    }
}
