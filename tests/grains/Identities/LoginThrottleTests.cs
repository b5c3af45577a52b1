using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Testing;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class LoginThrottleTests
{
    private const string Owner = "198.51.100.7";
    private const string Attacker = "203.0.113.9";
    private static readonly ThrottleRule Rule = new ThrottleOptions().Person;
    private readonly ManualTimeProvider _time = new();
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() => _throttle = new LoginThrottle(Options.Create(new ThrottleOptions()), _time);

    [Fact]
    public void Repeated_failures_block_account_and_address_increasingly_long()
    {
        Fail("ann", Attacker, 5);
        Assert.Null(Wait("ann", Attacker));
        var waits = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            Fail("ann", Attacker, 1);
            var wait = Wait("ann", Attacker)!.Value;
            waits.Add(wait.TotalSeconds);
            _time.Advance(wait);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900], waits);
    }

    [Fact]
    public void Block_affects_no_other_account_and_no_other_address()
    {
        Fail("ann", Attacker, 6);
        Assert.Null(Wait("ann", Owner));
        Assert.Null(Wait("bob", Attacker));
    }

    [Fact]
    public void Success_clears_the_failures_of_account_and_address()
    {
        Fail("ann", Owner, 5);
        using (var attempt = _throttle.Begin(PrincipalKind.User, "ann", Owner))
        {
            attempt.Succeed();
        }

        Fail("ann", Owner, 5);
        Assert.Null(Wait("ann", Owner));
    }

    [Fact]
    public void Attack_from_many_addresses_does_not_lock_the_owner_out()
    {
        for (var i = 0; i < 1000; i++)
        {
            Fail("ann", $"10.0.{i / 250}.{i % 250}", 1);
        }

        Assert.Null(Wait("ann", Owner));
        Fail("ann", Owner, 2);
        Assert.Null(Wait("ann", Owner));
    }

    [Fact]
    public void Account_throttle_applies_to_addresses_that_failed_on_it()
    {
        Fail("ann", Attacker, 3);
        for (var i = 0; i < 200; i++)
        {
            Fail("ann", $"10.0.0.{i}", 1);
        }

        Assert.NotNull(Wait("ann", Attacker));
    }

    [Theory]
    [InlineData(PrincipalKind.User)]
    [InlineData(PrincipalKind.Identity)]
    public void Blocked_address_admits_accounts_without_failures_there(PrincipalKind kind)
    {
        FailOnManyAccounts(kind, 60);
        for (var i = 0; i < 3; i++)
        {
            using var attempt = _throttle.Begin(kind, "ann", Attacker);
            attempt.Succeed();
        }
    }

    [Theory]
    [InlineData(PrincipalKind.User)]
    [InlineData(PrincipalKind.Identity)]
    public void Address_failing_on_many_accounts_waits_after_each_failure(PrincipalKind kind)
    {
        FailOnManyAccounts(kind, 51);
        Assert.Equal(TimeSpan.FromSeconds(2), FailIfAdmitted(_throttle, kind, "ann", Attacker));
        Assert.Equal(TimeSpan.FromSeconds(4), FailIfAdmitted(_throttle, kind, "bob", Attacker));
        Assert.Null(FailIfAdmitted(_throttle, kind, "ann", Owner));
    }

    [Fact]
    public void Account_failing_from_a_blocked_address_waits_for_the_end()
    {
        FailOnManyAccounts(PrincipalKind.User, 51);
        FailIfAdmitted(_throttle, PrincipalKind.User, "ann", Attacker);
        Assert.Equal(TimeSpan.FromSeconds(2), Wait("ann", Attacker));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(Wait("ann", Attacker));
    }

    [Fact]
    public void Blocked_address_has_few_concurrent_attempts()
    {
        FailOnManyAccounts(PrincipalKind.User, 51);
        var underWay = Enumerable.Range(0, 4).Select(i => _throttle.Begin(PrincipalKind.User, $"guess{i}", Attacker)).ToList();
        Assert.Equal(TimeSpan.FromSeconds(1), Wait("ann", Attacker));
        underWay[0].Dispose();
        Assert.Null(Wait("ann", Attacker));
    }

    [Fact]
    public void Machines_behind_a_blocked_address_log_in_at_once()
    {
        FailOnManyAccounts(PrincipalKind.Identity, 51);
        var fleet = Enumerable.Range(0, 200).Select(i => _throttle.Begin(PrincipalKind.Identity, $"machine{i}", Attacker)).ToList();
        Assert.Equal(200, fleet.Count);
    }

    [Fact]
    public void Failing_machines_do_not_throttle_people_behind_one_address()
    {
        FailOnManyAccounts(PrincipalKind.Identity, 60);
        Assert.Null(FailIfAdmitted(_throttle, PrincipalKind.User, "ann", Attacker));
    }

    [Fact]
    public void IPv6_client_counts_by_its_network()
    {
        for (var i = 1; i <= 6; i++)
        {
            Fail("ann", $"2001:db8:1:1::{i}", 1);
        }

        Assert.NotNull(Wait("ann", "2001:db8:1:1:ffff::1"));
        Assert.Null(Wait("ann", "2001:db8:1:2::1"));
    }

    [Fact]
    public void Concurrent_guesses_are_bounded()
    {
        var underWay = Enumerable.Range(0, 5).Select(_ => _throttle.Begin(PrincipalKind.User, "ann", Attacker)).ToList();
        Assert.Equal(TimeSpan.FromSeconds(1), Wait("ann", Attacker));
        underWay[0].Dispose();
        Assert.Null(Wait("ann", Attacker));
    }

    [Fact]
    public void Failures_are_forgotten_after_an_hour()
    {
        Fail("ann", Attacker, 6);
        Assert.NotNull(Wait("ann", Attacker));
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.Null(Wait("ann", Attacker));
        Fail("ann", Attacker, 5);
        Assert.Null(Wait("ann", Attacker));
    }

    [Fact]
    public void Address_without_failures_is_always_admitted() => Prop.ForAll(
        Gen.Choose(0, 29).ArrayOf(400).ToArbitrary(),
        acts =>
        {
            var throttle = new LoginThrottle(Options.Create(new ThrottleOptions { Capacity = 50 }), _time);
            foreach (var act in acts)
            {
                FailIfAdmitted(throttle, PrincipalKind.User, act % 3 == 0 ? "ann" : $"user{act % 5}", $"203.0.113.{act}");
                _time.Advance(TimeSpan.FromSeconds(act % 4));
            }

            using var owner = throttle.Begin(PrincipalKind.User, "ann", Owner);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Account_without_failures_is_admitted_behind_any_address() => Prop.ForAll(
        Gen.Choose(0, 29).ArrayOf(400).ToArbitrary(),
        acts =>
        {
            var throttle = new LoginThrottle(Options.Create(new ThrottleOptions { Capacity = 50 }), _time);
            foreach (var act in acts)
            {
                FailIfAdmitted(throttle, PrincipalKind.User, $"user{act}", Owner);
                _time.Advance(TimeSpan.FromSeconds(act % 4));
            }

            using var owner = throttle.Begin(PrincipalKind.User, "ann", Owner);
            owner.Succeed();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Flood_of_accounts_does_not_unblock_an_account()
    {
        var until = BlockForMinutes("ann", Attacker);
        for (var i = 0; i < 20_500; i++)
        {
            FailIfAdmitted(_throttle, PrincipalKind.User, $"account{i}", Attacker);
        }

        Assert.True(Wait("ann", Attacker) >= until - _time.GetUtcNow()); // The address is blocked by now as well.
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("account")]
    public void Flood_from_distinct_addresses_does_not_unblock_an_account(string account)
    {
        var until = BlockForMinutes("ann", Attacker);
        for (var i = 0; i < 20_500; i++)
        {
            FailIfAdmitted(_throttle, PrincipalKind.User, account == "ann" ? account : $"{account}{i}", $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}");
        }

        Assert.Equal(until - _time.GetUtcNow(), Wait("ann", Attacker));
    }

    [Fact]
    public void Refused_attempts_are_not_remembered()
    {
        var until = BlockForMinutes("ann", Attacker);
        Assert.All(Enumerable.Range(0, 20_500), _ => Assert.NotNull(Wait("ann", Attacker)));
        Assert.Equal(until - _time.GetUtcNow(), Wait("ann", Attacker));
    }

    [Fact]
    public void Failures_of_machines_evict_no_failures_of_people()
    {
        var throttle = new LoginThrottle(Options.Create(new ThrottleOptions { Capacity = 10 }), _time);
        for (var i = 0; i < 6; i++)
        {
            FailIfAdmitted(throttle, PrincipalKind.User, "ann", Attacker);
        }

        for (var i = 0; i < 1000; i++)
        {
            FailIfAdmitted(throttle, PrincipalKind.Identity, $"machine{i % 20}", $"10.0.0.{i % 250}");
        }

        Assert.Equal(TimeSpan.FromSeconds(1), FailIfAdmitted(throttle, PrincipalKind.User, "ann", Attacker));
    }

    [Fact]
    public void Known_and_unknown_accounts_are_remembered_alike()
    {
        // Nothing here knows which accounts there are: a flood forgets of both as little, and nobody learns which is which.
        BlockForMinutes("ann", Attacker);
        BlockForMinutes("nobody", Owner);
        for (var i = 0; i < 20_500; i++)
        {
            FailIfAdmitted(_throttle, PrincipalKind.User, $"account{i}", $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}");
        }

        Assert.NotNull(Wait("ann", Attacker));
        Assert.NotNull(Wait("nobody", Owner));
    }

    [Fact]
    public void Flood_of_accounts_does_not_fill_the_memory()
    {
        var table = new FailureTable(100, TimeSpan.FromHours(1));
        for (var i = 0; i < 10_000; i++)
        {
            table.Fail(FailureTable.KeyOf($"key {i}"), Rule, _time.GetUtcNow());
        }

        Assert.Equal(100, table.Count);
    }

    [Fact]
    public void Expired_and_least_failed_keys_are_evicted_first()
    {
        var table = new FailureTable(3, TimeSpan.FromHours(1));
        var (often, twice, once, other) = (FailureTable.KeyOf("often"), FailureTable.KeyOf("twice"), FailureTable.KeyOf("once"), FailureTable.KeyOf("other"));
        Fail(table, often, 9);
        Fail(table, twice, 2);
        Fail(table, once, 1);
        Fail(table, other, 2);
        Assert.Null(table.Find(once, _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromMinutes(50));
        Fail(table, twice, 1);
        Fail(table, other, 1);
        _time.Advance(TimeSpan.FromMinutes(20));
        Fail(table, FailureTable.KeyOf("new"), 1);
        Assert.Equal((3, 3), (table.Find(twice, _time.GetUtcNow())!.Failures, table.Find(other, _time.GetUtcNow())!.Failures));
        Assert.Null(table.Find(often, _time.GetUtcNow()));
    }

    [Fact]
    public void Evicted_key_continues_with_its_earlier_failures()
    {
        // A table that is full of what failed more often pushes out each newcomer at once.
        var table = new FailureTable(50, TimeSpan.FromHours(1));
        for (var i = 0; i < 50; i++)
        {
            Fail(table, FailureTable.KeyOf($"often {i}"), 6);
        }

        var ann = FailureTable.KeyOf("ann");
        for (var i = 0; i < 6; i++)
        {
            Fail(table, ann, 1);
            Fail(table, FailureTable.KeyOf($"once {i}"), 1);
        }

        Assert.True(table.Find(ann, _time.GetUtcNow())!.IsBlockedAt(_time.GetUtcNow()));
    }

    [Fact]
    public void Evicted_failures_are_forgotten_after_two_hours()
    {
        var sketch = new FailureSketch(TimeSpan.FromHours(1));
        var key = FailureTable.KeyOf("ann");
        sketch.Raise(key, 4, _time.GetUtcNow());
        Assert.Equal(4, sketch.Estimate(key, _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromMinutes(70));
        Assert.Equal(4, sketch.Estimate(key, _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromMinutes(70));
        Assert.Equal(0, sketch.Estimate(key, _time.GetUtcNow()));
    }

    [Fact]
    public void Hundred_thousand_failed_keys_barely_raise_other_estimates()
    {
        var sketch = new FailureSketch(TimeSpan.FromHours(1));
        for (var i = 0; i < 100_000; i++)
        {
            sketch.Raise(FailureTable.KeyOf($"key {i}"), 1, _time.GetUtcNow());
        }

        var estimates = Enumerable.Range(0, 10_000).Select(i => sketch.Estimate(FailureTable.KeyOf($"other {i}"), _time.GetUtcNow())).ToList();
        Assert.InRange(estimates.Max(), 0, 1);
        Assert.InRange(estimates.Sum(), 0, 100);
    }

    /// <summary>Fails until the account is blocked for 256 seconds; returns until when.</summary>
    private DateTimeOffset BlockForMinutes(string account, string address)
    {
        Fail(account, address, 5);
        for (var seconds = 1; ; seconds *= 2)
        {
            Fail(account, address, 1);
            Assert.Equal(TimeSpan.FromSeconds(seconds), Wait(account, address));
            if (seconds == 256)
            {
                return _time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
            }

            _time.Advance(TimeSpan.FromSeconds(seconds));
        }
    }

    private void Fail(FailureTable table, UInt128 key, int times)
    {
        for (var i = 0; i < times; i++)
        {
            table.Fail(key, Rule, _time.GetUtcNow());
        }
    }

    private void Fail(string account, string address, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var attempt = _throttle.Begin(PrincipalKind.User, account, address);
            attempt.Fail();
        }
    }

    private void FailOnManyAccounts(PrincipalKind kind, int accounts)
    {
        for (var i = 0; i < accounts; i++)
        {
            FailIfAdmitted(_throttle, kind, $"account{i}", Attacker);
        }
    }

    private static TimeSpan? FailIfAdmitted(LoginThrottle throttle, PrincipalKind kind, string account, string address)
    {
        try
        {
            using var attempt = throttle.Begin(kind, account, address);
            attempt.Fail();
            return null;
        }
        catch (RefusedException refusal)
        {
            Assert.Equal(ErrorCode.RateLimited, refusal.Code);
            return refusal.RetryAfter;
        }
    }

    private TimeSpan? Wait(string account, string address)
    {
        try
        {
            _throttle.Begin(PrincipalKind.User, account, address).Dispose();
            return null;
        }
        catch (RefusedException refusal)
        {
            Assert.Equal(ErrorCode.RateLimited, refusal.Code);
            return refusal.RetryAfter;
        }
    }
}
