using CodeSigning.Errors;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Throttles guessing without letting a guesser lock out the owner. Failures count in three ways: per account and
/// address, which blocks that pair for longer and longer; per address; and per account. The last affects only addresses
/// that have failed on the account several times, so its owner always gets in from anywhere else. An address block
/// affects accounts that have failed from there themselves; any other account is tried first, since many machines and
/// people may share an address: a valid credential gets in, and an invalid one is told to wait, whether or not the
/// account exists. While a pair is blocked, a valid password is refused too; otherwise the block would reveal which
/// guess was right. An IPv6 /64 counts as one address. People and machine identities are counted separately. Only
/// attempts that were tried count, and a flood cannot evict what is blocked (<see cref="FailureTable"/>). Each node
/// counts in its own memory: n nodes allow n times as many attempts.
/// </summary>
public sealed class LoginThrottle(IOptions<ThrottleOptions> options, TimeProvider time)
{
    private readonly ThrottleOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Failures _ofPeople = new(options.Value);
    private readonly Failures _ofMachines = new(options.Value);

    /// <summary>Begins an attempt; dispose it when it ends.</summary>
    /// <exception cref="RefusedException"><c>RateLimited</c>, with the delay.</exception>
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
                Crowded(failures.PendingPairs, attempt.Pair, RuleOf(kind).AttemptsAtOnce),
                BlockedByAddress(failures, attempt, pair, now),
                pair is null || pair.Failures < _options.FailuresBeforeAccountBrake
                    ? TimeSpan.Zero
                    : Blocked(failures.Accounts.Find(attempt.Account, now), now));
            if (wait > TimeSpan.Zero)
            {
                throw RateLimited(wait);
            }

            Add(failures.PendingPairs, attempt.Pair);
            Add(failures.PendingAddresses, attempt.Address);
            return attempt;
        }
    }

    /// <summary>Resets the failures of the account from this address.</summary>
    internal void Succeed(LoginAttempt attempt)
    {
        lock (_lock)
        {
            FailuresOf(attempt.Kind).Pairs.Forget(attempt.Pair);
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <exception cref="RefusedException">
    /// <c>RateLimited</c>: the address is blocked, so only a valid credential gets in.
    /// </exception>
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

    /// <summary>Ends an attempt, whatever its outcome.</summary>
    internal void End(LoginAttempt attempt)
    {
        lock (_lock)
        {
            var failures = FailuresOf(attempt.Kind);
            Remove(failures.PendingPairs, attempt.Pair);
            Remove(failures.PendingAddresses, attempt.Address);
        }
    }

    private Failures FailuresOf(PrincipalKind kind) => kind == PrincipalKind.User ? _ofPeople : _ofMachines;

    private ThrottleRule RuleOf(PrincipalKind kind) => kind == PrincipalKind.User ? _options.Person : _options.Machine;

    private TimeSpan BlockedByAddress(Failures failures, LoginAttempt attempt, FailureRecord? pair, DateTimeOffset now)
    {
        var address = failures.Addresses.Find(attempt.Address, now);
        if (address?.IsBlockedAt(now) != true)
        {
            return Crowded(failures.PendingAddresses, attempt.Address, _options.Address.AttemptsAtOnce);
        }

        if (pair is not null)
        {
            return address.BlockedUntil - now;
        }

        var most = attempt.Kind == PrincipalKind.User ? _options.PasswordsAtOncePastBlock : _options.Address.AttemptsAtOnce;
        return Crowded(failures.PendingAddresses, attempt.Address, most);
    }

    private static TimeSpan Blocked(FailureRecord? record, DateTimeOffset now) =>
        record?.IsBlockedAt(now) == true ? record.BlockedUntil - now : TimeSpan.Zero;

    private static TimeSpan Crowded(Dictionary<UInt128, int> pending, UInt128 key, int most) =>
        pending.GetValueOrDefault(key) >= most ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;

    private static void Add(Dictionary<UInt128, int> pending, UInt128 key) => pending[key] = pending.GetValueOrDefault(key) + 1;

    private static void Remove(Dictionary<UInt128, int> pending, UInt128 key)
    {
        if (pending[key] > 1)
        {
            pending[key]--;
        }
        else
        {
            pending.Remove(key);
        }
    }

    private static RefusedException RateLimited(TimeSpan wait) =>
        new(ErrorCode.RateLimited, "Too many failed logins: retry after the time in Retry-After.")
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

    /// <summary>The failures and pending attempts of people, or of machine identities.</summary>
    private sealed class Failures(ThrottleOptions options)
    {
        public FailureTable Pairs { get; } = new(options.Capacity, options.Memory);

        public FailureTable Addresses { get; } = new(options.Capacity, options.Memory);

        public FailureTable Accounts { get; } = new(options.Capacity, options.Memory);

        public Dictionary<UInt128, int> PendingPairs { get; } = [];

        public Dictionary<UInt128, int> PendingAddresses { get; } = [];
    }
}

/// <summary>
/// A pending login attempt. One that is disposed undecided, because the store failed or the client disconnected, does
/// not count.
/// </summary>
internal sealed class LoginAttempt(LoginThrottle throttle, PrincipalKind kind, UInt128 pair, UInt128 address, UInt128 account) : IDisposable
{
    public PrincipalKind Kind { get; } = kind;

    public UInt128 Pair { get; } = pair;

    public UInt128 Address { get; } = address;

    public UInt128 Account { get; } = account;

    public void Succeed() => throttle.Succeed(this);

    /// <summary>
    /// Counts the failure. If the attempt was allowed despite a blocked address, it is refused like any blocked one.
    /// </summary>
    /// <exception cref="Errors.RefusedException"><c>RateLimited</c>, with the delay.</exception>
    public void Fail() => throttle.Fail(this);

    public void Dispose() => throttle.End(this);
}

/// <summary>The login throttling limits, all per node.</summary>
public sealed class ThrottleOptions
{
    /// <summary>A person's account from one address: strict, since passwords can be guessed.</summary>
    public ThrottleRule Person { get; set; } = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15), 5);

    /// <summary>
    /// A machine identity from one address: lenient, since secrets cannot be guessed and a fleet behind one address
    /// logs in at once.
    /// </summary>
    public ThrottleRule Machine { get; set; } = new(20, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), 2048);

    /// <summary>
    /// All people, or all machine identities, from one address; affects those that have failed from there themselves.
    /// </summary>
    public ThrottleRule Address { get; set; } = new(50, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), 2048);

    /// <summary>
    /// The number of passwords tried concurrently from a blocked address, since each costs processor time.
    /// </summary>
    public int PasswordsAtOncePastBlock { get; set; } = 4;

    /// <summary>One account from all addresses: a soft brake.</summary>
    public ThrottleRule Account { get; set; } = new(100, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), int.MaxValue);

    /// <summary>The failures of an address on an account from which the account's limit applies to it.</summary>
    public int FailuresBeforeAccountBrake { get; set; } = 3;

    /// <summary>How long a failure counts.</summary>
    public TimeSpan Memory { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The number of accounts, of addresses and of pairs kept, for people and for machine identities each.
    /// </summary>
    public int Capacity { get; set; } = 20_000;
}

/// <summary>A throttling rule.</summary>
/// <param name="FreeFailures">The number of failures without a delay.</param>
/// <param name="FirstDelay">The block after the next failure; doubled by each further one.</param>
/// <param name="MaxDelay">The longest block.</param>
/// <param name="AttemptsAtOnce">The number of pending attempts allowed, since all could be guesses.</param>
public sealed record ThrottleRule(int FreeFailures, TimeSpan FirstDelay, TimeSpan MaxDelay, int AttemptsAtOnce)
{
    /// <summary>The length of the block after this many failures.</summary>
    internal TimeSpan DelayAfter(int failures)
    {
        if (failures <= FreeFailures)
        {
            return TimeSpan.Zero;
        }

        var doublings = Math.Min(failures - FreeFailures - 1, 30);
        var delay = FirstDelay * Math.Pow(2, doublings);
        return delay < MaxDelay ? delay : MaxDelay;
    }
}
