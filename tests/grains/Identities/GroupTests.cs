using CodeSigning.Grains.Identities;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class GroupTests : IdentitySuite
{
    [Fact]
    public async Task Group_facts_follow_membership_changes_at_once()
    {
        var ann = Ref(await CreateUserAsync("ann@example.com"));
        var group = await CreateGroupAsync("releasers");
        Assert.Equal("Ann", (await Groups.AddMemberAsync(Administrator, group.Id, ann, [], default)).Name);
        var facts = await GroupFactsAsync(group.Id);
        Assert.Equal(ann, Assert.Single(facts.Members));
        Assert.Equal(2, facts.Version.Version);
        await AssertRefusedAsync(ErrorCode.Conflict, Groups.AddMemberAsync(Administrator, group.Id, ann, [], default));
        await Groups.RemoveMemberAsync(Administrator, group.Id, ann.Id, default);
        Assert.Empty((await GroupFactsAsync(group.Id)).Members);
        await AssertRefusedAsync(ErrorCode.NotFound, Groups.RemoveMemberAsync(Administrator, group.Id, ann.Id, default));
    }

    [Fact]
    public async Task Only_people_and_machine_identities_that_exist_become_members()
    {
        var group = await CreateGroupAsync("releasers");
        PrincipalRef[] wrong =
        [
            new(PrincipalKind.User, EntityId.New(IdPrefixes.User, Node.Time)),
            new(PrincipalKind.Identity, Administrator.Id),
            new(PrincipalKind.Group, group.Id),
            new(PrincipalKind.System, "system"),
        ];
        foreach (var member in wrong)
        {
            await AssertRefusedAsync(ErrorCode.InvalidRequest, Groups.AddMemberAsync(Administrator, group.Id, member, [], default));
        }
    }

    [Fact]
    public async Task Deleted_member_is_not_listed()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var ci = await CreateIdentityAsync("ci");
        var group = await CreateGroupAsync("releasers");
        await Groups.AddMemberAsync(Administrator, group.Id, Ref(ann), [], default);
        await Groups.AddMemberAsync(Administrator, group.Id, new PrincipalRef(PrincipalKind.Identity, ci.Id), [], default);
        await Users.DeleteAsync(Administrator, ann.Id, default);
        var page = await Node.Get<GroupDirectory>().ListMembersAsync(Administrator, group.Id, new DirectoryQuery(25), default);
        Assert.Equal([new GroupMemberView(PrincipalKind.Identity, ci.Id, "ci")], page.Items);
    }

    [Fact]
    public async Task Deleted_group_grants_no_rights_and_frees_its_name()
    {
        var group = await CreateGroupAsync("releasers");
        await AssertRefusedAsync(ErrorCode.NameTaken, CreateGroupAsync("releasers"));
        await Groups.DeleteAsync(Administrator, group.Id, default);
        Assert.Equal(0, (await GroupFactsAsync(group.Id)).Version.Version);
        await CreateGroupAsync("releasers");
    }

    [Fact]
    public async Task People_see_names_and_only_administrators_see_members()
    {
        var group = await CreateGroupAsync("releasers");
        await CreateUserAsync("ann@example.com");
        var ann = await SignInAsync("ann@example.com", Password);
        var directory = Node.Get<GroupDirectory>();
        Assert.Equal(new GroupView(group.Id, "releasers"), Assert.Single((await directory.ListAsync(ann, new DirectoryQuery(25), default)).Items));
        await AssertRefusedAsync(ErrorCode.Forbidden, directory.ListMembersAsync(ann, group.Id, new DirectoryQuery(25), default));
        await AssertRefusedAsync(ErrorCode.Forbidden, Groups.DeleteAsync(ann, group.Id, default));
    }

    private Task<GroupView> CreateGroupAsync(string name) =>
        Groups.CreateAsync(Administrator, new CreateGroup(name), default);

    private static PrincipalRef Ref(UserView user) => new(PrincipalKind.User, user.Id);
}
