using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class UserTests : IdentitySuite
{
    [Fact]
    public async Task New_person_is_recorded_in_ledger_without_the_password()
    {
        var user = await CreateUserAsync("Ann@Example.com");
        Assert.Equal("ann@example.com", user.Email);
        Assert.Equal(ProductRole.Member, user.ProductRole);
        var entry = Assert.Single(await ReadEntriesAsync(), entry => entry.Contains($"user/{user.Id}", StringComparison.Ordinal));
        Assert.Contains("\"action\":\"user.create\"", entry, StringComparison.Ordinal);
        Assert.Contains(Administrator.Id, entry, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, entry, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_people_cannot_share_an_address()
    {
        await CreateUserAsync("ann@example.com");
        await AssertRefusedAsync(ErrorCode.NameTaken, CreateUserAsync("ANN@example.com"));
    }

    [Fact]
    public async Task Members_manage_no_user_and_see_only_names()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var member = await SignInAsync("ann@example.com", Password);
        await AssertRefusedAsync(
            ErrorCode.Forbidden, Users.CreateAsync(member, new CreateUser("bob@example.com", "Bob"), default));
        await AssertRefusedAsync(
            ErrorCode.Forbidden, Users.UpdateAsync(member, ann.Id, new UpdateUser(ProductRole: ProductRole.Admin), default));
        await AssertRefusedAsync(ErrorCode.Forbidden, Users.DeleteAsync(member, Administrator.Id, default));
        var page = await Node.Get<UserDirectory>().ListAsync(member, new DirectoryQuery(25), default);
        Assert.Equal(new UserView(Administrator.Id, "Administrator"), page.Items.Single(user => user.Id != ann.Id));
        Assert.Equal("ann@example.com", page.Items.Single(user => user.Id == ann.Id).Email);
    }

    [Fact]
    public async Task Disabled_persons_sessions_end_and_stay_ended_after_enabling()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var token = await LogInAsync("ann@example.com", Password);
        var caller = (await FindCallerAsync(token))!;
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default);
        Assert.Null(await FindCallerAsync(token));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Password));
        var refusal = await Assert.ThrowsAsync<CommitRefusedException>(() => Sessions.EndAllAsync(caller, default));
        Assert.Equal(CommitRefusal.Stale, refusal.Reason);
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Active), default);
        Assert.Null(await FindCallerAsync(token));
        Assert.NotNull(await FindCallerAsync(await LogInAsync("ann@example.com", Password)));
    }

    [Fact]
    public async Task Action_of_a_meanwhile_disabled_person_is_not_committed()
    {
        var ann = await CreateUserAsync("ann@example.com", ProductRole.Admin);
        var caller = await SignInAsync("ann@example.com", Password);
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default);
        var refusal = await Assert.ThrowsAsync<CommitRefusedException>(
            () => Users.CreateAsync(caller, new CreateUser("eve@example.com", "Eve"), default));
        Assert.Equal(CommitRefusal.Stale, refusal.Reason);
    }

    [Fact]
    public async Task Deleted_persons_sessions_end_and_address_is_free_again()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var token = await LogInAsync("ann@example.com", Password);
        await Users.DeleteAsync(Administrator, ann.Id, default);
        Assert.Null(await FindCallerAsync(token));
        await AssertRefusedAsync(ErrorCode.NotFound, Users.DeleteAsync(Administrator, ann.Id, default));
        Assert.NotEqual(ann.Id, (await CreateUserAsync("ann@example.com")).Id);
    }

    [Fact]
    public async Task Password_change_ends_every_other_session()
    {
        await CreateUserAsync("ann@example.com");
        var here = await LogInAsync("ann@example.com", Password);
        var elsewhere = await LogInAsync("ann@example.com", Password);
        var caller = (await FindCallerAsync(here))!;
        await AssertRefusedAsync(
            ErrorCode.Forbidden,
            Users.ChangePasswordAsync(caller, new ChangePassword("not her password", "a new password"), default));
        await Users.ChangePasswordAsync(caller, new ChangePassword(Password, "a new password"), default);
        Assert.NotNull(await FindCallerAsync(here));
        Assert.Null(await FindCallerAsync(elsewhere));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Password));
        await LogInAsync("ann@example.com", "a new password");
    }

    [Fact]
    public async Task Password_changes_of_one_person_have_a_budget()
    {
        await CreateUserAsync("ann@example.com");
        var token = await LogInAsync("ann@example.com", Password);
        var password = Password;
        for (var i = 0; i < 10; i++)
        {
            await ChangeAsync();
        }

        await AssertRefusedAsync(ErrorCode.RateLimited, ChangeAsync());

        async Task ChangeAsync()
        {
            await Users.ChangePasswordAsync((await FindCallerAsync(token))!, new ChangePassword(password, password + "."), default);
            password += ".";
        }
    }

    [Fact]
    public async Task Administrator_sets_only_the_first_password_of_others()
    {
        var ann = await Users.CreateAsync(Administrator, new CreateUser("ann@example.com", "Ann"), default);
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Password: "one to begin with"), default);
        await LogInAsync("ann@example.com", "one to begin with");
        await AssertRefusedAsync(
            ErrorCode.WrongState,
            Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Password: "one to go on with"), default));
        await LogInAsync("ann@example.com", "one to begin with");
        await AssertRefusedAsync(
            ErrorCode.Forbidden,
            Users.UpdateAsync(Administrator, Administrator.Id, new UpdateUser(Password: "one to begin with"), default));
    }

    [Fact]
    public async Task Last_active_administrator_cannot_be_disabled_demoted_or_deleted()
    {
        var ann = await CreateUserAsync("ann@example.com", ProductRole.Admin);
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Disabled), default);
        var self = Administrator.Id;
        await AssertRefusedAsync(
            ErrorCode.WrongState,
            Users.UpdateAsync(Administrator, self, new UpdateUser(Status: PrincipalStatus.Disabled), default));
        await AssertRefusedAsync(
            ErrorCode.WrongState,
            Users.UpdateAsync(Administrator, self, new UpdateUser(ProductRole: ProductRole.Member), default));
        await AssertRefusedAsync(ErrorCode.WrongState, Users.DeleteAsync(Administrator, self, default));
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Status: PrincipalStatus.Active), default);
        await Users.DeleteAsync(Administrator, self, default);
    }

    [Fact]
    public async Task One_of_two_administrators_disabling_each_other_concurrently_remains()
    {
        for (var round = 0; round < 10; round++)
        {
            var ann = await CreateAdministratorAsync($"ann{round}@example.com");
            var bob = await CreateAdministratorAsync($"bob{round}@example.com");
            await DemoteAllButAsync(ann.Id, bob.Id);
            await Task.WhenAll(TryDisableAsync(ann.Id), TryDisableAsync(bob.Id));
            var active = await ListActiveAdministratorsAsync();
            Assert.Equal(1, active.Count(user => user.Id == ann.Id || user.Id == bob.Id));
        }
    }

    [Fact]
    public async Task Store_that_had_an_administrator_gets_no_first_one()
    {
        Assert.Null(await Node.Get<FirstAdministrator>().EnsureAsync(default));
        await AssertRefusedAsync(
            ErrorCode.WrongState,
            Users.CreateFirstAdministratorAsync(new CreateUser("eve@example.com", "Eve"), default));
    }

    [Fact]
    public async Task Facts_match_the_store()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var facts = await Principals.FindAsync(new PrincipalRef(PrincipalKind.User, ann.Id), default);
        Assert.Equal((1, "Ann", PrincipalStatus.Active), (facts.Version.Version, facts.Name, facts.Status));
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Name: "Anna"), default);
        facts = await Principals.FindAsync(new PrincipalRef(PrincipalKind.User, ann.Id), default);
        Assert.Equal((2, "Anna"), (facts.Version.Version, facts.Name));
        Assert.False((await Principals.FindAsync(new PrincipalRef(PrincipalKind.User, "usr_00000000000000000000000000"), default)).Exists);
    }

    [Fact]
    public async Task Pages_follow_one_another_newest_first()
    {
        for (var i = 0; i < 5; i++)
        {
            Node.Time.Advance(TimeSpan.FromMilliseconds(1));
            await CreateUserAsync($"user{i}@example.com");
        }

        var directory = Node.Get<UserDirectory>();
        var first = await directory.ListAsync(Administrator, new DirectoryQuery(4), default);
        var second = await directory.ListAsync(Administrator, new DirectoryQuery(4, first.Next), default);
        Assert.Equal(
            ["user4@example.com", "user3@example.com", "user2@example.com", "user1@example.com"],
            first.Items.Select(user => user.Email));
        Assert.Equal(["user0@example.com", AdministratorEmail], second.Items.Select(user => user.Email));
        Assert.Null(second.Next);
        var found = await directory.ListAsync(Administrator, new DirectoryQuery(4, null, "USER2@example.com"), default);
        Assert.Equal("user2@example.com", Assert.Single(found.Items).Email);
    }

    private Task<UserView> CreateAdministratorAsync(string email) =>
        Users.CreateAsync(Caller.System, new CreateUser(email, "Ann", null, ProductRole.Admin), default);

    // The administrator of the suite steps down too: the two are then the only ones, and act as the service itself.
    private async Task DemoteAllButAsync(params string[] ids)
    {
        foreach (var user in await ListActiveAdministratorsAsync())
        {
            if (!ids.Contains(user.Id))
            {
                await Users.UpdateAsync(Caller.System, user.Id, new UpdateUser(ProductRole: ProductRole.Member), default);
            }
        }
    }

    private async Task TryDisableAsync(string id)
    {
        try
        {
            await Users.UpdateAsync(Caller.System, id, new UpdateUser(Status: PrincipalStatus.Disabled), default);
        }
        catch (Exception exception) when (exception
            is CommitRefusedException { Reason: CommitRefusal.Stale } or RefusedException { Code: ErrorCode.WrongState })
        {
            // The other one was first.
        }
    }

    private async Task<List<UserView>> ListActiveAdministratorsAsync()
    {
        var page = await Node.Get<UserDirectory>().ListAsync(Caller.System, new DirectoryQuery(100), default);
        return [.. page.Items.Where(user => user is { ProductRole: ProductRole.Admin, Status: PrincipalStatus.Active })];
    }
}
