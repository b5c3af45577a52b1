using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class LoginTests : IdentitySuite
{
    private const int Iterations = 2000;
    private readonly CountingHasher _hasher = new(Iterations);
    private Func<Task> _betweenReadAndCommit = () => Task.CompletedTask;

    protected override void Configure(IServiceCollection services)
    {
        var inner = services.Last(service => service.ServiceType == typeof(IStateStore)).ImplementationType!;
        services.AddSingleton<IStateStore>(provider => new InterruptedStateStore(
            (IStateStore)ActivatorUtilities.CreateInstance(provider, inner), () => _betweenReadAndCommit()));
        services.Configure<PasswordHashingOptions>(options => options.Iterations = Iterations);
        services.AddSingleton<IPasswordHasher<PasswordHashing>>(_hasher);
    }

    [Fact]
    public async Task Every_failed_login_gets_the_same_answer()
    {
        await CreateUserAsync("ann@example.com");
        var off = await CreateUserAsync("off@example.com");
        await Users.UpdateAsync(Administrator, off.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default);
        await Users.CreateAsync(Administrator, new CreateUser("none@example.com", "No password"), default);
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
    public async Task Every_failed_login_checks_one_hash_of_the_usual_cost()
    {
        await CreateUserAsync("ann@example.com");
        await Users.CreateAsync(Administrator, new CreateUser("none@example.com", "No password"), default);
        (string Email, string Password)[] wrong =
        [
            ("ann@example.com", "not her password"),
            ("ann@example.com", new string('x', 10_000)),
            ("none@example.com", Password),
            ("nobody@example.com", Password),
            ("not an address", Password),
        ];
        foreach (var (email, password) in wrong)
        {
            _hasher.Clear();
            await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(email, password));
            Assert.Equal([Iterations], _hasher.IterationsOfChecks);
            Assert.Equal(0, _hasher.Made);
        }
    }

    [Fact]
    public async Task Cheaper_hash_is_replaced_at_the_next_successful_login()
    {
        var old = new PasswordHasher<LoginTests>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 }));
        var id = EntityId.New(IdPrefixes.User, Node.Time);
        var user = new UserState { Email = "ann@example.com", Name = "Ann", PasswordHash = old.HashPassword(this, Password) };
        await Node.Get<ILedger>().RecordAsync(
            new LedgerElement { Writes = [StateWrite.New(StateTypes.User, id, user)] }, default);
        var entries = await ReadEntriesAsync();

        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", "not her password"));
        Assert.Equal(1000, CountingHasher.IterationsOf(await ReadHashAsync(id)));

        var first = await LogInAsync("ann@example.com", Password);
        var renewed = await ReadHashAsync(id);
        Assert.Equal(Iterations, CountingHasher.IterationsOf(renewed));

        await LogInAsync("ann@example.com", Password);
        Assert.Equal(renewed, await ReadHashAsync(id));
        Assert.NotNull(await FindCallerAsync(first));
        Assert.Equal(entries, await ReadEntriesAsync());
        await Users.UpdateAsync(Administrator, id, new UpdateUser(Name: "Anna"), default);
    }

    [Fact]
    public async Task Code_without_an_enrolled_second_factor_is_refused()
    {
        await CreateUserAsync("ann@example.com");
        var credentials = new PasswordCredentials("ann@example.com", Password, "123456");
        await AssertRefusedAsync(ErrorCode.InvalidRequest, Node.Get<PasswordLogin>().LoginAsync(credentials, Origin, default));
    }

    [Fact]
    public async Task Login_racing_with_a_disabling_fails()
    {
        var ann = await CreateUserAsync("ann@example.com");
        Once(() => Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Password));
    }

    [Fact]
    public async Task Login_racing_with_a_harmless_change_succeeds()
    {
        var ann = await CreateUserAsync("ann@example.com");
        Once(() => Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Name: "Anna"), default));
        var caller = await FindCallerAsync(await LogInAsync("ann@example.com", Password));
        Assert.Equal("Anna", caller!.Name);
    }

    [Fact]
    public async Task Login_racing_with_a_password_change_fails()
    {
        await CreateUserAsync("ann@example.com");
        Once(() => Users.ResetAsync("ann@example.com", null, "another password", default));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Password));
    }

    [Fact]
    public async Task Guesser_is_throttled_and_the_owner_elsewhere_is_not()
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
    public async Task Failed_logins_block_no_other_account_behind_their_address()
    {
        await CreateUserAsync("ann@example.com");
        var machine = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(machine.Id);
        for (var i = 0; i < 55; i++)
        {
            await Assert.ThrowsAsync<RefusedException>(() => LogInAsync($"nobody{i}@example.com", Password));
            await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(secret with { ClientId = $"idn_{i}" }));
        }

        await LogInAsync(secret);
        await LogInAsync("ann@example.com", Password);
    }

    [Fact]
    public async Task Blocked_address_gets_one_answer_for_known_and_unknown_accounts()
    {
        await CreateUserAsync("ann@example.com");
        for (var i = 0; i < 60; i++)
        {
            await Assert.ThrowsAsync<RefusedException>(() => LogInAsync($"nobody{i}@example.com", Password));
        }

        foreach (var email in new[] { "ann@example.com", "nobody@example.com" })
        {
            _hasher.Clear();
            var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(email, "a wrong password"));
            Assert.Equal(ErrorCode.RateLimited, refusal.Code);
            Assert.Equal([Iterations], _hasher.IterationsOfChecks);
        }
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

    private async Task<string> ReadHashAsync(string id) =>
        (await Node.Get<IStateStore>().ReadAsync(StateTypes.User, id, default))!.ReadAs<UserState>().PasswordHash!;

    /// <summary>Lets something happen after a login has read its account by address, before it commits.</summary>
    private sealed class InterruptedStateStore(IStateStore inner, Func<Task> afterLookup) : IStateStore
    {
        public Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken) =>
            inner.ReadAsync(type, id, cancellationToken);

        public Task<IReadOnlyList<StoredState>> ReadManyAsync(
            IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken) =>
            inner.ReadManyAsync(keys, cancellationToken);

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
