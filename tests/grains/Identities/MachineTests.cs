using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class MachineTests : IdentitySuite
{
    private static readonly OidcBinding Binding = new("https://issuer.example", "codesigning", "repo:acme/*");

    [Fact]
    public async Task Client_secret_logs_in_and_is_stored_nowhere_in_clear()
    {
        var identity = await CreateIdentityAsync("ci");
        Assert.Equal(identity.Id, identity.ClientId);
        var secret = await CreateSecretAsync(identity.Id);
        var caller = await FindCallerAsync(await LogInAsync(secret));
        Assert.Equal((PrincipalKind.Identity, identity.Id, ProductRole.Member), (caller!.Kind, caller.Id, caller.Role));
        Assert.Equal(["identity", "secret", "session"], caller.ReadSet.Select(version => version.Type));
        var random = secret.ClientSecret[(secret.Id.Length + 1)..];
        Assert.Equal(43, random.Length);
        var stored = await Node.Get<IStateStore>().ReadAsync(StateTypes.ClientSecret, secret.Id, default);
        Assert.DoesNotContain(random, Encoding.UTF8.GetString(stored!.Content.Span), StringComparison.Ordinal);
        Assert.DoesNotContain(await ReadEntriesAsync(), entry => entry.Contains(random, StringComparison.Ordinal));
        Assert.DoesNotContain(random, secret.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Foreign_altered_and_unknown_secrets_fail_alike()
    {
        var ci = await CreateIdentityAsync("ci");
        var other = await CreateIdentityAsync("other");
        var secret = await CreateSecretAsync(ci.Id);
        NewClientSecretView[] wrong =
        [
            secret with { ClientId = other.Id },
            secret with { ClientId = "idn_00000000000000000000000000" },
            secret with { ClientId = "" },
            secret with { ClientSecret = secret.ClientSecret[..^1] + (secret.ClientSecret[^1] == 'A' ? 'Q' : 'A') },
            secret with { ClientSecret = "sec_00000000000000000000000000" + secret.ClientSecret[secret.Id.Length..] },
            secret with { ClientSecret = "" },
            secret with { ClientSecret = "\0" },
        ];
        var messages = new HashSet<string>();
        foreach (var credentials in wrong)
        {
            var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(credentials));
            Assert.Equal(ErrorCode.Unauthenticated, refusal.Code);
            messages.Add(refusal.Message);
        }

        Assert.Single(messages);
    }

    [Fact]
    public async Task Revoked_secret_ends_only_its_own_sessions_at_once()
    {
        var identity = await CreateIdentityAsync("ci");
        var (first, second) = (await CreateSecretAsync(identity.Id), await CreateSecretAsync(identity.Id));
        var (ended, going) = (await LogInAsync(first), await LogInAsync(second));
        await Machines.RevokeClientSecretAsync(Administrator, identity.Id, first.Id, default);
        Assert.Null(await FindCallerAsync(ended));
        Assert.NotNull(await FindCallerAsync(going));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(first));
        await AssertRefusedAsync(
            ErrorCode.NotFound, Machines.RevokeClientSecretAsync(Administrator, identity.Id, first.Id, default));
    }

    [Fact]
    public async Task Secret_is_revoked_through_its_own_identity_alone()
    {
        var (ci, other) = (await CreateIdentityAsync("ci"), await CreateIdentityAsync("other"));
        var secret = await CreateSecretAsync(ci.Id);
        await AssertRefusedAsync(
            ErrorCode.NotFound, Machines.RevokeClientSecretAsync(Administrator, other.Id, secret.Id, default));
        await LogInAsync(secret);
    }

    [Fact]
    public async Task Disabled_identitys_sessions_end_and_stay_ended_after_enabling()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id);
        var token = await LogInAsync(secret);
        await Machines.UpdateAsync(Administrator, identity.Id, new UpdateIdentity(Status: PrincipalStatus.Disabled), default);
        Assert.Null(await FindCallerAsync(token));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(secret));
        await Machines.UpdateAsync(Administrator, identity.Id, new UpdateIdentity(Status: PrincipalStatus.Active), default);
        Assert.Null(await FindCallerAsync(token));
        await LogInAsync(secret);
    }

    [Fact]
    public async Task Deleted_identity_loses_its_secrets()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id);
        var token = await LogInAsync(secret);
        await Machines.DeleteAsync(Administrator, identity.Id, default);
        Assert.Null(await FindCallerAsync(token));
        Assert.Null(await Node.Get<IStateStore>().ReadAsync(StateTypes.ClientSecret, secret.Id, default));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(secret));
    }

    [Fact]
    public async Task Secret_and_its_sessions_end_with_its_lifetime()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id, ttl: "10m");
        var token = await LogInAsync(secret);
        Assert.Equal(600, token.ExpiresIn);
        Node.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(await FindCallerAsync(token));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(secret));
    }

    [Fact]
    public async Task Secret_for_5_logins_allows_5_of_32_at_once()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id, maxUses: 5);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            try
            {
                await Task.Run(() => LogInAsync(secret));
                return ErrorCode.WrongState;
            }
            catch (RefusedException refusal)
            {
                return refusal.Code;
            }
        }));
        Assert.Equal(5, outcomes.Count(code => code == ErrorCode.WrongState));
        Assert.Equal(27, outcomes.Count(code => code == ErrorCode.Unauthenticated));
    }

    [Fact]
    public async Task Makers_of_an_identity_are_known_and_change_its_version()
    {
        var ann = await CreateUserAsync("ann@example.com", ProductRole.Admin);
        var annCaller = await SignInAsync("ann@example.com", Password);
        var identity = await CreateIdentityAsync("ci");
        var before = await FindMakersAsync(identity);
        Assert.Empty(before.UserIds);

        var secret = await CreateSecretAsync(identity.Id, ttl: "1h");
        await Machines.BindOidcAsync(annCaller, identity.Id, Binding, default);
        var makers = await FindMakersAsync(identity);
        Assert.Equal([Administrator.Id, ann.Id], makers.UserIds.AsEnumerable());
        Assert.Equal(before.Version.Version + 2, makers.Version.Version);

        Node.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ann.Id, Assert.Single((await FindMakersAsync(identity)).UserIds));
        await Machines.RevokeClientSecretAsync(Administrator, identity.Id, secret.Id, default);
        await Machines.UnbindOidcAsync(Administrator, identity.Id, default);
        Assert.Empty((await FindMakersAsync(identity)).UserIds);
    }

    [Fact]
    public async Task Identity_has_at_most_100_secrets()
    {
        var identity = await CreateIdentityAsync("ci");
        for (var i = 0; i < 100; i++)
        {
            await CreateSecretAsync(identity.Id);
        }

        await AssertRefusedAsync(ErrorCode.Conflict, CreateSecretAsync(identity.Id));
        var page = await Node.Get<IdentityDirectory>().ListClientSecretsAsync(
            Administrator, identity.Id, new DirectoryQuery(100), default);
        Assert.Equal(100, page.Items.Count);
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task Machine_identity_sees_only_itself_and_manages_nothing()
    {
        var identity = await CreateIdentityAsync("ci");
        var caller = (await FindCallerAsync(await LogInAsync(await CreateSecretAsync(identity.Id))))!;
        var directory = Node.Get<IdentityDirectory>();
        Assert.Equal("ci", (await directory.GetAsync(caller, identity.Id, default)).Name);
        await AssertRefusedAsync(ErrorCode.Forbidden, directory.ListAsync(caller, new DirectoryQuery(25), default));
        await AssertRefusedAsync(
            ErrorCode.Forbidden, Machines.CreateClientSecretAsync(caller, identity.Id, new CreateClientSecret(), default));
        await AssertRefusedAsync(ErrorCode.Forbidden, Machines.BindOidcAsync(caller, identity.Id, Binding, default));
    }

    [Theory]
    [InlineData("0s", null)]
    [InlineData("soon", null)]
    [InlineData(null, 0L)]
    [InlineData(null, -1L)]
    public async Task Secret_that_could_never_be_used_is_refused(string? ttl, long? maxUses)
    {
        var identity = await CreateIdentityAsync("ci");
        await AssertRefusedAsync(ErrorCode.InvalidRequest, CreateSecretAsync(identity.Id, ttl, maxUses));
    }

    private async Task<CredentialMakers> FindMakersAsync(IdentityView identity) =>
        (await Principals.FindMakersAsync(new PrincipalRef(PrincipalKind.Identity, identity.Id), default))!;
}
