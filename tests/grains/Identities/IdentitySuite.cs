using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>A node with its first administrator, and what tests of people and machine identities do again and again.</summary>
public abstract class IdentitySuite : IAsyncLifetime
{
    protected const string AdministratorEmail = "root@example.com";
    protected const string AdministratorPassword = "correct horse battery";
    protected const string Password = "a password of ann's";
    protected static readonly LoginOrigin Origin = new("192.0.2.1", "test");

    protected ServiceNode Node { get; private set; } = null!;

    protected Caller Administrator { get; private set; } = null!;

    protected UserService Users => Node.Get<UserService>();

    protected IdentityService Machines => Node.Get<IdentityService>();

    protected GroupService Groups => Node.Get<GroupService>();

    protected PrincipalFactsReader Principals => Node.Get<PrincipalFactsReader>();

    protected OwnSessions Sessions => Node.Get<OwnSessions>();

    public virtual async Task InitializeAsync()
    {
        Node = await ServiceNode.StartAsync(services => Configure(services.Configure<FirstAdministratorOptions>(options =>
        {
            options.Email = AdministratorEmail;
            options.Password = AdministratorPassword;
        })));
        await Node.Get<FirstAdministrator>().EnsureAsync(CancellationToken.None);
        Administrator = await SignInAsync(AdministratorEmail, AdministratorPassword);
    }

    public Task DisposeAsync() => Node.DisposeAsync().AsTask();

    protected virtual void Configure(IServiceCollection services)
    {
    }

    protected Task<UserView> CreateUserAsync(string email, ProductRole role = ProductRole.Member) =>
        Users.CreateAsync(Administrator, new CreateUser(email, "Ann", Password, role), CancellationToken.None);

    protected Task<IssuedToken> LogInAsync(string email, string password, string address = "192.0.2.1") =>
        Node.Get<PasswordLogin>().LoginAsync(
            new PasswordCredentials(email, password), Origin with { Address = address }, CancellationToken.None);

    protected async Task<Caller> SignInAsync(string email, string password) =>
        await FindCallerAsync(await LogInAsync(email, password)) ?? throw new InvalidOperationException("The session is not live.");

    /// <summary>The caller that a token makes; null where the token has ended.</summary>
    protected async Task<Caller?> FindCallerAsync(IssuedToken token)
    {
        Assert.True(SessionToken.TryGetKey(token.AccessToken, out var key));
        var id = SessionToken.ToSessionId(key);
        return (await Node.Get<LiveSessions>().FindAsync(id, CancellationToken.None))?.Caller;
    }

    protected Task<IdentityView> CreateIdentityAsync(string name) =>
        Machines.CreateAsync(Administrator, new CreateIdentity(name), CancellationToken.None);

    protected Task<NewClientSecretView> CreateSecretAsync(string identityId, string? ttl = null, long? maxUses = null) =>
        Machines.CreateClientSecretAsync(
            Administrator, identityId, new CreateClientSecret(null, ttl, maxUses), CancellationToken.None);

    protected Task<IssuedToken> LogInAsync(NewClientSecretView secret) => Node.Get<SecretLogin>().LoginAsync(
        new ClientCredentials(secret.ClientId, secret.ClientSecret), Origin, CancellationToken.None);

    /// <summary>A group as decisions know it.</summary>
    protected async Task<GroupFacts> GroupFactsAsync(string id) => PrincipalFactsReader.GroupOf(
        await StateRows.ReadAsync(Node.Get<IStateStore>(), [(StateTypes.Group, id)], CancellationToken.None), id);

    /// <summary>The administrative entries.</summary>
    protected async Task<string[]> ReadEntriesAsync()
    {
        var query = new LedgerQuery(EntryKind.Admin, Limit: 1000);
        var entries = await Node.Get<ILedgerReader>().ListAsync(query, CancellationToken.None);
        return [.. entries.Select(entry => entry.Json)];
    }

    protected static async Task AssertRefusedAsync(ErrorCode code, Task call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<RefusedException>(() => call)).Code);
}
