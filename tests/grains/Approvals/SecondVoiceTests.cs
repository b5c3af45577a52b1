using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Policies;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>No one person gets a second vote: not by the credentials of another, and not by one more person in a group.</summary>
public sealed class SecondVoiceTests : ApprovalSuite
{
    private static readonly CancellationToken None = CancellationToken.None;

    private UserService Users => House.Get<UserService>();

    [Fact]
    public async Task Administrator_cannot_set_the_password_of_an_approver()
    {
        await GrantAsync();
        await RefusesAsync(ErrorCode.WrongState, () => UpdateAsync(Ann, new UpdateUser(Password: "known to the administrator")));
        await RefusesAsync(ErrorCode.WrongState, () => UpdateAsync(Ann, new UpdateUser(Email: "attacker@example.com")));
    }

    [Fact]
    public async Task Administrator_sets_only_the_first_password_of_a_nonapprover()
    {
        await UpdateAsync(Rae, new UpdateUser(Email: "rae@example.org"));
        await UpdateAsync(Rae, new UpdateUser(Password: "one to begin with"));
        await RefusesAsync(ErrorCode.WrongState, () => UpdateAsync(Rae, new UpdateUser(Password: "one to go on with")));
        await RefusesAsync(ErrorCode.WrongState, () => UpdateAsync(Rae, new UpdateUser(Email: "rae@example.com")));
    }

    [Fact]
    public async Task Reset_approver_has_no_vote_on_earlier_requests()
    {
        var before = await House.AskAsync(Rae, SignerId, Asked);
        House.Time.Advance(TimeSpan.FromSeconds(1));
        await ResetAsync(Ann);
        House.Time.Advance(TimeSpan.FromSeconds(1));
        var after = await House.AskAsync(Rae, SignerId, Asked);

        var refusal = await Assert.ThrowsAsync<RefusedException>(() => House.ApproveAsync(Ann, before.Id));
        Assert.Equal(ErrorCode.Forbidden, refusal.Code);
        Assert.Contains("after this request was created", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before.Id, (await House.LookAsync(Ann, before.Id)).Id);
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, after.Id)).Status);
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Bob, before.Id)).Status);
    }

    [Fact]
    public async Task Vote_cast_before_the_reset_no_longer_counts()
    {
        var policyId = await House.AddPolicyAsync(Policy(2, Team));
        var signerId = await House.AddSignerAsync(policyId, Administrator, Rae);
        var cleo = await House.AddPersonAsync("cleo");
        await House.JoinAsync(Team, cleo);
        var request = await House.AskAsync(Rae, signerId, Asked);
        await House.ApproveAsync(Ann, request.Id);
        House.Time.Advance(TimeSpan.FromSeconds(1));
        await ResetAsync(Ann);

        Assert.False(Assert.Single((await House.LookAsync(Rae, request.Id)).Steps[0].Votes).Counts);
        Assert.Equal(RequestStatus.Pending, (await House.ApproveAsync(Bob, request.Id)).Status);
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(cleo, request.Id)).Status);
    }

    [Fact]
    public async Task Reenabled_approver_votes_only_on_later_requests()
    {
        await UpdateAsync(Ann, new UpdateUser(Status: PrincipalStatus.Disabled));
        var before = await House.AskAsync(Rae, SignerId, Asked);
        House.Time.Advance(TimeSpan.FromSeconds(1));
        await UpdateAsync(Ann, new UpdateUser(Status: PrincipalStatus.Active));
        await RefusesAsync(ErrorCode.Forbidden, () => House.ApproveAsync(Ann, before.Id));
    }

    [Fact]
    public async Task Renamed_approver_keeps_the_vote()
    {
        var before = await House.AskAsync(Rae, SignerId, Asked);
        House.Time.Advance(TimeSpan.FromSeconds(1));
        await UpdateAsync(Ann, new UpdateUser(Name: "Anna"));
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, before.Id)).Status);
    }

    [Fact]
    public async Task Request_with_only_a_reset_approver_left_is_unreachable()
    {
        await House.LeaveAsync(Team, Bob);
        var request = await House.AskAsync(Rae, SignerId, Asked);
        House.Time.Advance(TimeSpan.FromSeconds(1));
        await ResetAsync(Ann);
        Assert.True((await House.LookAsync(Rae, request.Id)).IsUnreachable);
    }

    [Fact]
    public async Task Group_changes_freely_until_the_first_approval()
    {
        var puppet = await House.AddPersonAsync("puppet");
        Assert.Null((await AddAsync(Team, puppet)).PendingRequestId);
        Assert.Contains(puppet.Id, await MembersAsync(Team));
    }

    [Fact]
    public async Task New_member_of_an_approving_group_waits_for_approval()
    {
        await GrantAsync();
        var puppet = await House.AddPersonAsync("puppet");
        var requestId = (await AddAsync(Team, puppet)).PendingRequestId!;
        Assert.DoesNotContain(puppet.Id, await MembersAsync(Team));
        Assert.Equal(requestId, (await AddAsync(Team, puppet)).PendingRequestId);
        await RefusesAsync(ErrorCode.SelfApproval, () => House.ApproveAsync(Administrator, requestId));
        await RefusesAsync(ErrorCode.NotFound, () => House.ApproveAsync(puppet, requestId));

        var request = await House.LookAsync(Ann, requestId);
        Assert.Equal((RequestKind.GroupMember, Team.Id, puppet), (request.Kind, request.Addition!.GroupId, request.Addition.Member));
        await House.ApproveAsync(Ann, requestId);
        Assert.Contains(puppet.Id, await MembersAsync(Team));
        Assert.Equal(["group.addMember"], (await House.ActionsAsync("group/" + Team.Id)).TakeLast(1));
    }

    [Fact]
    public async Task Rejected_member_does_not_join_the_group()
    {
        await GrantAsync();
        var puppet = await House.AddPersonAsync("puppet");
        await House.RejectAsync(Bob, (await AddAsync(Team, puppet)).PendingRequestId!);
        Assert.DoesNotContain(puppet.Id, await MembersAsync(Team));
    }

    [Fact]
    public async Task Under_several_policies_the_steps_of_each_must_be_approved()
    {
        var cleo = await House.AddPersonAsync("cleo");
        var other = await GuardedAsync(new PolicyDefinition(
            "other", new PolicyConstraints("4h"), [new ApprovalStep([cleo], 1), new ApprovalStep([Team], 1)], "1d"));
        await GrantAsync();
        var puppet = await House.AddPersonAsync("puppet");
        var requestId = (await AddAsync(Team, puppet)).PendingRequestId!;

        // The team's one step is among those of the other policy.
        Assert.Equal(2, (await House.LookAsync(Ann, requestId)).Steps.Length);
        await RefusesAsync(ErrorCode.Forbidden, () => House.ApproveAsync(Ann, requestId));
        await House.ApproveAsync(cleo, requestId);
        Assert.DoesNotContain(puppet.Id, await MembersAsync(Team));
        await House.ApproveAsync(Ann, requestId);
        Assert.Contains(puppet.Id, await MembersAsync(Team));
        Assert.NotEqual("", other);
    }

    [Fact]
    public async Task Membership_request_older_than_a_policy_of_group_is_refused()
    {
        await GrantAsync();
        var puppet = await House.AddPersonAsync("puppet");
        var requestId = (await AddAsync(Team, puppet)).PendingRequestId!;
        await GuardedAsync(Policy(2, Team));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, requestId));
        Assert.DoesNotContain(puppet.Id, await MembersAsync(Team));
    }

    [Fact]
    public async Task Machine_identity_has_no_vote_and_joins_freely()
    {
        await GrantAsync();
        Assert.Null((await AddAsync(Team, await House.AddMachineAsync("robot"))).PendingRequestId);
    }

    [Fact]
    public async Task Administrator_cannot_set_an_approvers_first_password()
    {
        await GrantAsync();
        var named = await House.AddPersonAsync("named");
        await GuardedAsync(Policy(1, named, Ann));
        await RefusesAsync(ErrorCode.WrongState, () => UpdateAsync(named, new UpdateUser(Password: "known to the administrator")));
    }

    private async Task<string> GuardedAsync(PolicyDefinition definition)
    {
        var policyId = await House.AddPolicyAsync(definition);
        var signerId = await House.AddSignerAsync(policyId, Administrator, Rae);
        var request = await House.AskAsync(Rae, signerId, new CreateRequest("release", 1, RequestedWindowDuration: "1h"));
        foreach (var step in definition.Steps)
        {
            foreach (var approver in step.Approvers.SelectMany(one => one == Team ? [Ann, Bob] : new[] { one }).Take(step.RequiredApprovals))
            {
                request = await House.ApproveAsync(approver, request.Id);
            }
        }

        Assert.Equal(RequestStatus.Approved, request.Status);
        return policyId;
    }

    private Task<GroupMemberView> AddAsync(PrincipalRef group, PrincipalRef member) =>
        House.DoAsync(Administrator, caller => House.Get<ApproverAdditions>().AddAsync(caller, group.Id, member, None));

    private async Task<string[]> MembersAsync(PrincipalRef group)
    {
        var query = new Grains.Identities.DirectoryQuery(100, null, null);
        var members = await House.Get<Grains.Identities.GroupDirectory>().ListMembersAsync(Caller.System, group.Id, query, None);
        return [.. members.Items.Select(member => member.Id)];
    }

    private Task<UserView> UpdateAsync(PrincipalRef person, UpdateUser change) =>
        House.DoAsync(Administrator, caller => Users.UpdateAsync(caller, person.Id, change, None));

    private async Task ResetAsync(PrincipalRef person)
    {
        var email = (await House.Get<UserDirectory>().GetAsync(Caller.System, person.Id, None)).Email!;
        await Users.ResetAsync(email, null, "a password from the server", None);
    }
}
