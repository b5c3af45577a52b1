using CodeSigning.Errors;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

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

/// <summary>A login under way. One that is disposed of undecided, because the store failed or the client left, counts as nothing.</summary>
internal sealed class LoginAttempt(LoginThrottle throttle, PrincipalKind kind, UInt128 pair, UInt128 address, UInt128 account) : IDisposable
{
    public PrincipalKind Kind { get; } = kind;

    public UInt128 Pair { get; } = pair;

    public UInt128 Address { get; } = address;

    public UInt128 Account { get; } = account;

    public void Succeed() => throttle.Succeed(this);

    /// <summary>Counts the failure. Where the attempt was let past its address's block, its answer is that block's.</summary>
    /// <exception cref="Errors.RefusedException"><c>RateLimited</c>, with how long to wait.</exception>
    public void Fail() => throttle.Fail(this);

    public void Dispose() => throttle.End(this);
}

/// <summary>When logins are slowed down. All of it is per node.</summary>
public sealed class ThrottleOptions
{
    /// <summary>A person's account from one address: passwords can be guessed.</summary>
    public ThrottleRule Person { get; set; } = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15), 5);

    /// <summary>A machine identity from one address: its secrets cannot be guessed, and a fleet behind one address logs in at once.</summary>
    public ThrottleRule Machine { get; set; } = new(20, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), 2048);

    /// <summary>All people, or all machine identities, from one address: felt by those that have failed from there themselves.</summary>
    public ThrottleRule Address { get; set; } = new(50, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), 2048);

    /// <summary>How many passwords are tried at once from an address that is blocked: each costs work.</summary>
    public int PasswordsAtOncePastBlock { get; set; } = 4;

    /// <summary>One account from all addresses: a soft brake.</summary>
    public ThrottleRule Account { get; set; } = new(100, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), int.MaxValue);

    /// <summary>An address with fewer failures on an account does not feel that account's brake.</summary>
    public int FailuresBeforeAccountBrake { get; set; } = 3;

    /// <summary>How long a failure counts.</summary>
    public TimeSpan Memory { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many accounts, addresses and pairs of them are remembered, each; of people and of machine identities.</summary>
    public int Capacity { get; set; } = 20_000;
}

/// <summary>How failures of one kind slow down what comes after them.</summary>
/// <param name="FreeFailures">So many failures cost nothing.</param>
/// <param name="FirstDelay">How long the next one blocks; each further one twice as long.</param>
/// <param name="MaxDelay">The longest block.</param>
/// <param name="AttemptsAtOnce">How many attempts may be under way at once: they could all be guesses.</param>
public sealed record ThrottleRule(int FreeFailures, TimeSpan FirstDelay, TimeSpan MaxDelay, int AttemptsAtOnce)
{
    /// <summary>How long to block after so many failures.</summary>
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
