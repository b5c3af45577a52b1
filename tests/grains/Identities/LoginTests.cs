using System.Diagnostics;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Passwords;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class LoginTests : IdentitySuite
{
    private Func<Task> _betweenReadAndCommit = () => Task.CompletedTask;

    protected override void Configure(IServiceCollection services)
    {
        var inner = services.Last(service => service.ServiceType == typeof(IStateStore)).ImplementationType!;
        services.AddSingleton<IStateStore>(provider => new InterruptedStateStore(
            (IStateStore)ActivatorUtilities.CreateInstance(provider, inner), () => _betweenReadAndCommit()));
        services.Configure<PasswordOptions>(options => options.Iterations = 100_000);
    }

    [Fact]
    public async Task Whatever_is_wrong_the_answer_is_the_same()
    {
        await CreateUserAsync("ann@example.com");
        var off = await CreateUserAsync("off@example.com");
        await Accounts.UpdateAsync(Administrator, off.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default);
        await Accounts.CreateAsync(Administrator, new CreateUser("none@example.com", "No password"), default);
        (string Email, string Password)[] wrong =
        [
            ("ann@example.com", "not her password"),
            ("ann@example.com", ""),
            ("ann@example.com", new string('x', 10_000)),
            ("off@example.com", Password),
            ("none@example.com", ""),
            ("nobody@example.com", Password),
            ("not an address", Password),
            ("\0", "\0"),
        ];
        var answers = new HashSet<string>();
        foreach (var (email, password) in wrong)
        {
            var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(email, password));
            answers.Add($"{refusal.Code} {refusal.Message}");
        }

        Assert.StartsWith("Unauthenticated", Assert.Single(answers), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_takes_as_long_for_an_account_that_does_not_exist()
    {
        await CreateUserAsync("ann@example.com");
        var (known, unknown) = (new List<double>(), new List<double>());
        for (var i = 0; i < 15; i++)
        {
            known.Add(await MeasureAsync("ann@example.com", i));
            unknown.Add(await MeasureAsync($"nobody{i}@example.com", i));
        }

        // Without the decoy the one would be some hundred times the other.
        Assert.InRange(Median(unknown) / Median(known), 0.5, 2.0);
    }

    [Fact]
    public async Task A_login_that_races_with_a_disabling_fails()
    {
        var ann = await CreateUserAsync("ann@example.com");
        Once(() => Accounts.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Password));
    }

    [Fact]
    public async Task A_login_that_races_with_a_harmless_change_succeeds()
    {
        var ann = await CreateUserAsync("ann@example.com");
        Once(() => Accounts.UpdateAsync(Administrator, ann.Id, new UpdateUser(Name: "Anna"), default));
        var caller = await FindCallerAsync(await LogInAsync("ann@example.com", Password));
        Assert.Equal("Anna", caller!.Name);
    }

    [Fact]
    public async Task A_login_that_races_with_another_password_fails()
    {
        var ann = await CreateUserAsync("ann@example.com");
        Once(() => Accounts.UpdateAsync(Administrator, ann.Id, new UpdateUser(Password: "another password"), default));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Password));
    }

    [Fact]
    public async Task A_guesser_is_slowed_down_and_the_owner_elsewhere_is_not()
    {
        await CreateUserAsync("ann@example.com");
        for (var i = 0; i < 6; i++)
        {
            await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", "a wrong password", "203.0.113.9"));
        }

        var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync("ann@example.com", Password, "203.0.113.9"));
        Assert.Equal((ErrorCode.RateLimited, TimeSpan.FromSeconds(1)), (refusal.Code, refusal.RetryAfter));
        await LogInAsync("ann@example.com", Password);
        Node.Time.Advance(TimeSpan.FromSeconds(1));
        await LogInAsync("ann@example.com", Password, "203.0.113.9");
    }

    [Fact]
    public async Task Logins_leave_no_entry_in_the_ledger()
    {
        await CreateUserAsync("ann@example.com");
        var before = await ReadEntriesAsync();
        await LogInAsync("ann@example.com", Password);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", "a wrong password"));
        Assert.Equal(before, await ReadEntriesAsync());
    }

    private void Once(Func<Task> act) => _betweenReadAndCommit = () =>
    {
        _betweenReadAndCommit = () => Task.CompletedTask;
        return act();
    };

    private async Task<double> MeasureAsync(string email, int round)
    {
        var watch = Stopwatch.StartNew();
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(email, "a wrong password", $"10.0.0.{round}"));
        return watch.Elapsed.TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Lets something happen after a login has read its account by address, before it commits.</summary>
    private sealed class InterruptedStateStore(IStateStore inner, Func<Task> afterLookup) : IStateStore
    {
        public Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken) =>
            inner.ReadAsync(type, id, cancellationToken);

        public Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
            string type, string id, long knownVersion, CancellationToken cancellationToken) =>
            inner.ReadIfChangedAsync(type, id, knownVersion, cancellationToken);

        public Task<IReadOnlyList<StateVersion>> FindStaleAsync(
            IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken) =>
            inner.FindStaleAsync(versions, cancellationToken);

        public async Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken)
        {
            var found = await inner.ListAsync(query, cancellationToken);
            if (query is { Type: StateTypes.User, Name: not null })
            {
                await afterLookup();
            }

            return found;
        }
    }
}
