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
    public async Task Approved_request_grants_exactly_the_requested_number_of_signatures()
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
    public async Task Grant_serves_its_grantee_alone()
    {
        var other = await House.AddPersonAsync("other");
        var signerId = await House.AddSignerAsync(PolicyId, Administrator, Rae, other);
        var request = await House.AskAsync(Rae, signerId, Asked);
        await House.ApproveAsync(Ann, request.Id);
        await DeniesAsync(ErrorCode.ApprovalRequired, other, signerId);
    }

    [Fact]
    public async Task Scoped_grant_signs_only_its_scope()
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
    public async Task Only_members_who_may_sign_can_request()
    {
        await RefusesAsync(ErrorCode.NotFound, () => House.AskAsync(Ann, SignerId, Asked));
        await RefusesAsync(
            ErrorCode.PolicyLimitExceeded, () => House.AskAsync(Rae, SignerId, Asked with { RequestedSignings = 11 }));
    }

    [Fact]
    public async Task Request_on_a_signer_without_a_policy_is_refused()
    {
        var signerId = await House.AddSignerAsync(null, Administrator, Rae);
        await RefusesAsync(ErrorCode.WrongState, () => House.AskAsync(Rae, signerId, Asked));
        await SignsAsync(Rae, signerId);
    }

    [Fact]
    public async Task Request_that_no_approver_can_decide_is_refused()
    {
        var policyId = await House.AddPolicyAsync(Policy(1, Rae));
        var signerId = await House.AddSignerAsync(policyId, Administrator, Rae);
        await RefusesAsync(ErrorCode.UnreachableApproval, () => House.AskAsync(Rae, signerId, Asked));
    }

    [Fact]
    public async Task Repeated_idempotency_key_finds_the_pending_request()
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
    public async Task Request_is_visible_to_its_requester_approvers_and_signers_members()
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
    public async Task Votes_are_checked_against_current_groups()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.LeaveAsync(Team, Ann);
        await RefusesAsync(ErrorCode.NotFound, () => House.ApproveAsync(Ann, request.Id));
        await House.JoinAsync(Team, Ann);
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, request.Id)).Status);
    }

    [Fact]
    public async Task Maker_of_a_revoked_secret_cannot_approve_its_identitys_request()
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
    public async Task Maker_of_a_later_secret_cannot_approve_the_request()
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
    public async Task Request_on_a_signer_with_changed_certificate_gives_no_grant()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var other = await House.AddCertificateAsync();
        await House.UpdateSignerAsync(Administrator, SignerId, new UpdateSigner(CertificateId: other));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
        Assert.Equal(RequestStatus.Pending, (await House.LookAsync(Rae, request.Id)).Status);
    }

    [Fact]
    public async Task Grant_does_not_serve_another_certificate()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.ApproveAsync(Ann, request.Id);
        await SignsAsync(Rae);
        var other = await House.AddCertificateAsync();
        await House.UpdateSignerAsync(Administrator, SignerId, new UpdateSigner(CertificateId: other));
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
    }

    [Fact]
    public async Task Requester_who_lost_the_right_to_sign_gets_no_grant()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var members = await House.Signers.GetMembersAsync(Caller.System, SignerId, CancellationToken.None);
        var membership = members.Single(member => member.Id == Rae.Id).MemberId;
        await House.Withdrawals.RemoveMemberAsync(Caller.System, SignerId, membership, CancellationToken.None);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task Disabled_requester_gets_no_grant()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.SetActiveAsync(Rae, false);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task Request_under_a_replaced_policy_gives_no_grant()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.SetPolicyAsync(Administrator, SignerId, await House.AddPolicyAsync(Policy(2, Team)));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task Edit_of_the_policy_affects_new_requests_only()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(2, Team));
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, request.Id)).Status);
        var next = await House.AskAsync(Rae, SignerId, Asked);
        Assert.Equal(RequestStatus.Pending, (await House.ApproveAsync(Ann, next.Id)).Status);
    }

    [Fact]
    public async Task Only_requester_and_administrator_can_cancel_a_request()
    {
        var first = await House.AskAsync(Rae, SignerId, Asked);
        await RefusesAsync(ErrorCode.Forbidden, () => House.CancelAsync(Ann, first.Id));
        Assert.Equal(RequestStatus.Cancelled, (await House.CancelAsync(Rae, first.Id)).Status);
        var second = await House.AskAsync(Rae, SignerId, Asked);
        Assert.Equal(RequestStatus.Cancelled, (await House.CancelAsync(Administrator, second.Id)).Status);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, second.Id));
    }

    [Fact]
    public async Task Unreachable_request_is_recorded_once()
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
    public async Task Requests_beyond_a_requesters_limit_are_rate_limited()
    {
        for (var i = 0; i < 100; i++)
        {
            await House.AskAsync(Rae, SignerId, Asked);
        }

        await RefusesAsync(ErrorCode.RateLimited, () => House.AskAsync(Rae, SignerId, Asked));
    }
}
