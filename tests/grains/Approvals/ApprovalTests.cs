using CodeSigning.Approvals;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>From the question to the signature, on the silo as it is put together.</summary>
public sealed class ApprovalTests : ApprovalSuite
{
    [Fact]
    public async Task An_approved_request_gives_its_requester_as_many_signatures_as_were_asked_for()
    {
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
        var request = await House.AskAsync(Rae, SignerId, Asked with { RequestedSignings = 2 });
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
        var approved = await House.ApproveAsync(Ann, request.Id);
        Assert.Equal(RequestStatus.Approved, approved.Status);

        Assert.Equal(approved.GrantId, await SignsAsync(Rae));
        await House.RestartAsync();
        Assert.Equal(approved.GrantId, await SignsAsync(Rae));
        await DeniesAsync(ErrorCode.GrantExhausted, Rae);
        var grant = await House.GrantAsync(Rae, approved.GrantId!);
        Assert.Equal((GrantStatus.Exhausted, 2L), (grant.Status, grant.Used));
        Assert.Equal(["request.create", "request.approve"], await House.ActionsAsync("request/" + request.Id));
    }

    [Fact]
    public async Task A_grant_is_its_grantees_alone()
    {
        var other = await House.AddPersonAsync("other");
        var signerId = await House.AddSignerAsync(PolicyId, Administrator, Rae, other);
        var request = await House.AskAsync(Rae, signerId, Asked);
        await House.ApproveAsync(Ann, request.Id);
        await DeniesAsync(ErrorCode.ApprovalRequired, other, signerId);
    }

    [Fact]
    public async Task A_scoped_grant_covers_nothing_else()
    {
        var zeros = "sha256:" + new string('0', 64);
        var scoped = await House.AskAsync(Rae, SignerId, Asked with { Scope = new GrantScope(Digests: [zeros[..^1] + "1"]) });
        await House.ApproveAsync(Ann, scoped.Id);
        await DeniesAsync(ErrorCode.ScopeMismatch, Rae);
        var right = await House.AskAsync(Rae, SignerId, Asked with { Scope = new GrantScope(Digests: [zeros]) });
        var approved = await House.ApproveAsync(Ann, right.Id);
        Assert.Equal(approved.GrantId, await SignsAsync(Rae));
    }

    [Fact]
    public async Task Only_members_who_may_sign_ask()
    {
        await RefusesAsync(ErrorCode.NotFound, () => House.AskAsync(Ann, SignerId, Asked));
        await RefusesAsync(
            ErrorCode.PolicyLimitExceeded, () => House.AskAsync(Rae, SignerId, Asked with { RequestedSignings = 11 }));
    }

    [Fact]
    public async Task A_signer_without_a_policy_is_not_asked_for()
    {
        var signerId = await House.AddSignerAsync(null, Administrator, Rae);
        await RefusesAsync(ErrorCode.WrongState, () => House.AskAsync(Rae, signerId, Asked));
        await SignsAsync(Rae, signerId);
    }

    [Fact]
    public async Task A_request_that_nobody_may_decide_is_not_opened()
    {
        var policyId = await House.AddPolicyAsync(Policy(1, Rae));
        var signerId = await House.AddSignerAsync(policyId, Administrator, Rae);
        await RefusesAsync(ErrorCode.UnreachableApproval, () => House.AskAsync(Rae, signerId, Asked));
    }

    [Fact]
    public async Task Asking_again_with_the_same_key_finds_the_request_while_it_waits()
    {
        var key = new IdempotencyKey("POST /requests", "build-7", new string('a', 64));
        var first = await House.AskAsync(Rae, SignerId, Asked, key);
        House.Time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(first.Id, (await House.AskAsync(Rae, SignerId, Asked, key)).Id);
        await RefusesAsync(
            ErrorCode.IdempotencyMismatch,
            () => House.AskAsync(Rae, SignerId, Asked, key with { RequestHash = new string('b', 64) }));
        Assert.NotEqual(first.Id, (await House.AskAsync(Rae, SignerId, Asked, key with { Key = "build-8" })).Id);
        await House.RejectAsync(Ann, first.Id);
        Assert.NotEqual(first.Id, (await House.AskAsync(Rae, SignerId, Asked, key)).Id);
    }

    [Fact]
    public async Task A_request_is_seen_by_its_requester_its_approvers_and_the_signers_members()
    {
        var stranger = await House.AddPersonAsync("stranger");
        var request = await House.AskAsync(Rae, SignerId, Asked);
        foreach (var who in new[] { Rae, Ann, Administrator })
        {
            Assert.Equal(request.Id, (await House.LookAsync(who, request.Id)).Id);
        }

        await RefusesAsync(ErrorCode.NotFound, () => House.LookAsync(stranger, request.Id));
        await RefusesAsync(ErrorCode.NotFound, () => House.ApproveAsync(stranger, request.Id));
        await RefusesAsync(ErrorCode.NotFound, () => House.CancelAsync(stranger, request.Id));
        await RefusesAsync(ErrorCode.NotFound, () => House.LookAsync(Rae, "req_00000000000000000000000000"));
    }

    [Fact]
    public async Task Votes_are_checked_against_todays_groups()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.LeaveAsync(Team, Ann);
        await RefusesAsync(ErrorCode.NotFound, () => House.ApproveAsync(Ann, request.Id));
        await House.JoinAsync(Team, Ann);
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, request.Id)).Status);
    }

    [Fact]
    public async Task Nobody_decides_for_a_machine_identity_that_they_made_a_secret_for_even_once_that_is_gone()
    {
        var machine = await House.AddMachineAsync("ci");
        var admin = await House.AddPersonAsync("admin", ProductRole.Admin);
        await House.JoinAsync(Team, admin);
        var secret = await House.DoAsync(
            admin,
            caller => House.Machines.CreateClientSecretAsync(caller, machine.Id, new CreateClientSecret(), CancellationToken.None));
        var signerId = await House.AddSignerAsync(PolicyId, Administrator, machine);
        var request = await House.AskAsync(machine, signerId, Asked);
        await RefusesAsync(ErrorCode.SelfApproval, () => House.ApproveAsync(admin, request.Id));
        await House.DoAsync(admin, async caller =>
        {
            await House.Machines.RevokeClientSecretAsync(caller, machine.Id, secret.Id, CancellationToken.None);
            return true;
        });
        await RefusesAsync(ErrorCode.SelfApproval, () => House.ApproveAsync(admin, request.Id));
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, request.Id)).Status);
    }

    [Fact]
    public async Task Whoever_makes_a_secret_after_the_question_does_not_decide_it_either()
    {
        var machine = await House.AddMachineAsync("ci");
        var admin = await House.AddPersonAsync("admin", ProductRole.Admin);
        await House.JoinAsync(Team, admin);
        var signerId = await House.AddSignerAsync(PolicyId, Administrator, machine);
        var request = await House.AskAsync(machine, signerId, Asked);
        await House.DoAsync(admin, caller => House.Machines.CreateClientSecretAsync(
            caller, machine.Id, new CreateClientSecret(), CancellationToken.None));
        await RefusesAsync(ErrorCode.SelfApproval, () => House.ApproveAsync(admin, request.Id));
    }

    [Fact]
    public async Task A_request_whose_signer_has_another_certificate_by_now_gives_nothing()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var other = await House.AddCertificateAsync();
        await House.UpdateSignerAsync(Administrator, SignerId, new UpdateSigner(CertificateId: other));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
        Assert.Equal(RequestStatus.Pending, (await House.LookAsync(Rae, request.Id)).Status);
    }

    [Fact]
    public async Task A_grant_does_not_serve_for_another_certificate()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.ApproveAsync(Ann, request.Id);
        await SignsAsync(Rae);
        var other = await House.AddCertificateAsync();
        await House.UpdateSignerAsync(Administrator, SignerId, new UpdateSigner(CertificateId: other));
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
    }

    [Fact]
    public async Task A_requester_who_may_not_sign_any_more_gets_no_grant()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var members = await House.Signers.GetMembersAsync(Caller.System, SignerId, CancellationToken.None);
        var membership = members.Single(member => member.Id == Rae.Id).MemberId;
        await House.Withdrawals.RemoveMemberAsync(Caller.System, SignerId, membership, CancellationToken.None);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task A_requester_who_was_disabled_gets_no_grant()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.SetActiveAsync(Rae, false);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task A_signer_under_another_policy_honours_no_request_under_the_one_before()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.SetPolicyAsync(Administrator, SignerId, await House.AddPolicyAsync(Policy(2, Team)));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task An_edit_of_the_policy_touches_new_requests_only()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(2, Team));
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, request.Id)).Status);
        var next = await House.AskAsync(Rae, SignerId, Asked);
        Assert.Equal(RequestStatus.Pending, (await House.ApproveAsync(Ann, next.Id)).Status);
    }

    [Fact]
    public async Task Requester_and_administrator_take_a_request_back_and_nobody_else()
    {
        var first = await House.AskAsync(Rae, SignerId, Asked);
        await RefusesAsync(ErrorCode.Forbidden, () => House.CancelAsync(Ann, first.Id));
        Assert.Equal(RequestStatus.Cancelled, (await House.CancelAsync(Rae, first.Id)).Status);
        var second = await House.AskAsync(Rae, SignerId, Asked);
        Assert.Equal(RequestStatus.Cancelled, (await House.CancelAsync(Administrator, second.Id)).Status);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, second.Id));
    }

    [Fact]
    public async Task A_request_that_nobody_is_left_for_says_so_once()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var grain = House.Grains.GetGrain<IApprovalRequestGrain>(request.Id);
        await House.LeaveAsync(Team, Ann);
        await grain.ReviewAsync(CancellationToken.None);
        Assert.False((await House.LookAsync(Rae, request.Id)).IsUnreachable);
        await House.SetActiveAsync(Bob, false);
        Assert.True((await House.LookAsync(Rae, request.Id)).IsUnreachable);
        await grain.ReviewAsync(CancellationToken.None);
        await grain.ReviewAsync(CancellationToken.None);
        await House.JoinAsync(Team, Ann);
        await grain.ReviewAsync(CancellationToken.None);
        Assert.Equal(
            ["request.create", "request.unreachable", "request.reachable"], await House.ActionsAsync("request/" + request.Id));
    }

    [Fact]
    public async Task Too_many_requests_do_not_flood_the_approvers()
    {
        for (var i = 0; i < 100; i++)
        {
            await House.AskAsync(Rae, SignerId, Asked);
        }

        await RefusesAsync(ErrorCode.RateLimited, () => House.AskAsync(Rae, SignerId, Asked));
    }
}
