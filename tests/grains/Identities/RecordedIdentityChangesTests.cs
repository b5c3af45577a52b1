using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>What entries say of changes to people, groups and machine identities.</summary>
public sealed class RecordedIdentityChangesTests : IdentitySuite
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly OidcBinding Binding = new("https://ci.example.com", "codesigning", "repo:example/*");

    [Fact]
    public async Task New_person_is_recorded_with_password_set()
    {
        await CreateUserAsync("ann@example.com");
        Assert.Equal(
            """{"email":{"to":"ann@example.com"},"name":{"to":"Ann"},"productRole":{"to":"member"},"status":{"to":"active"},"password":{"to":"set"},"passwordChangeRequired":{"to":true}}""",
            await LastChangesAsync("user.create"));
    }

    [Fact]
    public async Task Rename_is_recorded_with_old_and_new_value()
    {
        var ann = await CreateUserAsync("ann@example.com");
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Name: "Anna", Status: PrincipalStatus.Disabled), None);
        Assert.Equal(
            """{"name":{"from":"Ann","to":"Anna"},"status":{"from":"active","to":"disabled"}}""", await LastChangesAsync("user.update"));
    }

    [Fact]
    public async Task Deletion_is_recorded_with_the_old_values()
    {
        var ann = await CreateUserAsync("ann@example.com");
        await Users.DeleteAsync(Administrator, ann.Id, None);
        Assert.Contains("""
            "email":{"from":"ann@example.com"}
            """, await LastChangesAsync("user.delete"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Added_and_removed_group_members_are_recorded()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var group = await Groups.CreateAsync(Administrator, new CreateGroup("team"), None);
        await Groups.AddMemberAsync(Administrator, group.Id, new PrincipalRef(PrincipalKind.User, ann.Id), [], None);
        Assert.Equal(
            $$$"""{"members":{"added":[{"kind":"user","id":"{{{ann.Id}}}","name":"Ann"}]}}""", await LastChangesAsync("group.addMember"));
        await Groups.RemoveMemberAsync(Administrator, group.Id, ann.Id, None);
        Assert.Equal($$$"""{"members":{"removed":[{"kind":"user","id":"{{{ann.Id}}}"}]}}""", await LastChangesAsync("group.removeMember"));
    }

    [Fact]
    public async Task Binding_is_recorded_by_the_claims_that_changed()
    {
        var robot = await CreateIdentityAsync("robot");
        await Machines.BindOidcAsync(Administrator, robot.Id, Binding, None);
        await Machines.BindOidcAsync(Administrator, robot.Id, Binding with { Subject = "repo:example/app:*" }, None);
        Assert.Equal(
            """{"oidc.subject":{"from":"repo:example/*","to":"repo:example/app:*"}}""", await LastChangesAsync("identity.bindOidc"));
    }

    [Fact]
    public async Task Removed_description_is_recorded_alone()
    {
        var robot = await CreateIdentityAsync("robot");
        await UpdateAsync(robot, "Builds nightly.");
        await UpdateAsync(robot, null);
        Assert.Equal("""{"description":{"from":"Builds nightly.","to":null}}""", await LastChangesAsync("identity.update"));
    }

    [Fact]
    public async Task Update_without_changes_writes_no_entry_and_no_version()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var robot = await CreateIdentityAsync("robot");
        var group = await Groups.CreateAsync(Administrator, new CreateGroup("team"), None);
        await Machines.BindOidcAsync(Administrator, robot.Id, Binding, None);
        var before = await VersionsAsync(ann, robot, group);

        await Users.UpdateAsync(
            Administrator, ann.Id, new UpdateUser("ANN@example.com", "Ann", ProductRole.Member, PrincipalStatus.Active), None);
        await Machines.UpdateAsync(Administrator, robot.Id, new UpdateIdentity("robot", PrincipalStatus.Active), None);
        await Machines.BindOidcAsync(Administrator, robot.Id, Binding, None);
        await Groups.UpdateAsync(Administrator, group.Id, new UpdateGroup("team"), [], None);

        Assert.Equal(before, await VersionsAsync(ann, robot, group));
    }

    [Fact]
    public async Task Repeated_binding_keeps_its_first_maker()
    {
        await Users.CreateAsync(
            Administrator, new CreateUser("eve@example.com", "Eve", AdministratorPassword, ProductRole.Admin), None);
        var eve = await SignInAsync("eve@example.com", AdministratorPassword);
        var robot = await CreateIdentityAsync("robot");
        await Machines.BindOidcAsync(eve, robot.Id, Binding, None);
        await Machines.BindOidcAsync(Administrator, robot.Id, Binding, None);
        var makers = await Principals.FindMakersAsync(new PrincipalRef(PrincipalKind.Identity, robot.Id), None);
        Assert.Equal(eve.Id, Assert.Single(makers!.UserIds));
    }

    [Fact]
    public async Task No_entry_holds_a_secret_or_its_hash()
    {
        const string Second = "another password of ann's";
        var ann = await CreateUserAsync("ann@example.com");
        var caller = await SignInAsync("ann@example.com", Password);
        await Users.ChangePasswordAsync(caller, new ChangePassword(Password, Second), None);
        var robot = await CreateIdentityAsync("robot");
        var secret = await CreateSecretAsync(robot.Id);
        await Machines.RevokeClientSecretAsync(Administrator, robot.Id, secret.Id, None);
        var kept = await CreateSecretAsync(robot.Id);
        await Machines.DeleteAsync(Administrator, robot.Id, None);
        var hash = (await Node.Get<IStateStore>().FindAsync<UserState>(StateTypes.User, ann.Id, None))!.State.PasswordHash!;

        var entries = string.Join('\n', await ReadEntriesAsync());
        Assert.Contains(kept.Id, entries, StringComparison.Ordinal);
        foreach (var hidden in new[] { Password, Second, hash, secret.ClientSecret, kept.ClientSecret[(kept.Id.Length + 1)..] })
        {
            Assert.DoesNotContain(hidden, entries, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hash\":{", entries, StringComparison.OrdinalIgnoreCase);
    }

    private Task<IdentityView> UpdateAsync(IdentityView robot, string? description) => Machines.UpdateAsync(
        Administrator, robot.Id, new UpdateIdentity { Description = new OptionalText(true, description) }, None);

    private async Task<(long, long, long, int)> VersionsAsync(UserView user, IdentityView identity, GroupView group)
    {
        var store = Node.Get<IStateStore>();
        return (
            (await store.ReadAsync(StateTypes.User, user.Id, None))!.Version,
            (await store.ReadAsync(StateTypes.Identity, identity.Id, None))!.Version,
            (await store.ReadAsync(StateTypes.Group, group.Id, None))!.Version,
            (await ReadEntriesAsync()).Length);
    }

    private async Task<string> LastChangesAsync(string action) => (await ReadEntriesAsync())
        .Select(entry => JsonDocument.Parse(entry).RootElement)
        .Where(entry => entry.GetProperty("action").GetString() == action)
        .MaxBy(entry => entry.GetProperty("number").GetInt64())
        .GetProperty("changes").GetRawText();
}
