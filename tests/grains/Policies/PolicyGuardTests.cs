using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Policies;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Policies;

/// <summary>The policy guards itself.</summary>
public sealed class PolicyGuardTests : ApprovalSuite
{
    private readonly InterruptedLedger _interruption = new();

    [Fact]
    public async Task Policy_changes_freely_until_its_first_approval()
    {
        await House.AskAsync(Rae, SignerId, Asked);
        var view = await House.ReplacePolicyAsync(Administrator, PolicyId, Looser);
        Assert.Equal((20L, false, null), (view.Constraints.MaxSignings, view.Guarded, view.PendingChangeRequestId));
        Assert.Null((await House.SetPolicyAsync(Administrator, SignerId, null)).ApprovalPolicyId);
    }

    [Fact]
    public async Task First_approval_guards_its_policy_in_the_same_commit()
    {
        await GrantAsync();
        Assert.True((await House.PolicyAsync(PolicyId)).Guarded);
        var view = await House.ReplacePolicyAsync(Administrator, PolicyId, Looser);
        Assert.Equal(10, view.Constraints.MaxSignings);
        Assert.NotNull(view.PendingChangeRequestId);
    }

    [Fact]
    public async Task Guarded_policy_is_tightened_freely()
    {
        await GrantAsync();
        var view = await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(2, Team));
        Assert.Equal((2, true, null), (view.Steps[0].RequiredApprovals, view.Guarded, view.PendingChangeRequestId));
    }

    [Fact]
    public async Task Administrators_detachment_of_a_guarded_policy_waits_for_approval()
    {
        await GrantAsync();
        var signerId = await House.AddSignerAsync(PolicyId, Administrator);
        var view = await House.SetPolicyAsync(Administrator, signerId, null);
        Assert.Equal(PolicyId, view.ApprovalPolicyId);
        await DeniesAsync(ErrorCode.ApprovalRequired, Administrator, signerId);

        var request = await House.LookAsync(Ann, view.PendingPolicyRequestId!);
        Assert.Equal((RequestKind.SignerPolicy, RequestStatus.Pending), (request.Kind, request.Status));
        await RefusesAsync(ErrorCode.Forbidden, () => House.ApproveAsync(Administrator, request.Id), ErrorCode.SelfApproval);
        await DeniesAsync(ErrorCode.ApprovalRequired, Administrator, signerId);
    }

    [Fact]
    public async Task Approved_detachment_is_applied()
    {
        await GrantAsync();
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, requestId)).Status);
        var signer = await House.SignerAsync(SignerId);
        Assert.Null(signer.ApprovalPolicyId);
        Assert.Null(signer.PendingPolicyRequestId);
        Assert.Null(await SignsAsync(Rae));
        Assert.Contains("signer.change-policy", await House.ActionsAsync("signer/" + SignerId));
    }

    [Fact]
    public async Task Approved_replacement_is_applied()
    {
        await GrantAsync();
        var other = await House.AddPolicyAsync(Policy(2, Team));
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, other)).PendingPolicyRequestId!;
        await House.ApproveAsync(Ann, requestId);
        Assert.Equal(other, (await House.SignerAsync(SignerId)).ApprovalPolicyId);
    }

    [Fact]
    public async Task Replacement_of_a_guarded_policy_is_guarded_from_the_start()
    {
        await GrantAsync();
        var stricter = await House.AddPolicyAsync(Policy(2, Team));
        await House.ApproveAsync(Ann, (await House.SetPolicyAsync(Administrator, SignerId, stricter)).PendingPolicyRequestId!);
        Assert.True((await House.PolicyAsync(stricter)).Guarded);
        var view = await House.SetPolicyAsync(Administrator, SignerId, null);
        Assert.Equal(stricter, view.ApprovalPolicyId);
        Assert.NotNull(view.PendingPolicyRequestId);
    }

    [Fact]
    public async Task Rejected_change_leaves_signer_and_policy_unchanged()
    {
        await GrantAsync();
        var detach = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        var edit = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId!;
        await House.RejectAsync(Ann, detach);
        await House.RejectAsync(Ann, edit);
        Assert.Equal(PolicyId, (await House.SignerAsync(SignerId)).ApprovalPolicyId);
        var policy = await House.PolicyAsync(PolicyId);
        Assert.Equal((10L, null), (policy.Constraints.MaxSignings, policy.PendingChangeRequestId));
    }

    [Fact]
    public async Task Approved_edit_is_applied()
    {
        await GrantAsync();
        var requestId = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId!;
        await House.ApproveAsync(Bob, requestId);
        var policy = await House.PolicyAsync(PolicyId);
        Assert.Equal((20L, true, null), (policy.Constraints.MaxSignings, policy.Guarded, policy.PendingChangeRequestId));
        Assert.Equal(
            ["policy.create", "policy.ask-change", "policy.replace"], await House.ActionsAsync("policy/" + PolicyId));
    }

    [Fact]
    public async Task Change_requested_before_the_policy_became_stricter_is_refused()
    {
        await GrantAsync();
        var detach = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        var edit = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId!;
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(2, Team));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, detach));
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, edit));
    }

    [Fact]
    public async Task Later_of_two_requested_changes_counts()
    {
        await GrantAsync();
        var other = await House.AddPolicyAsync(Policy(1, Ann));
        var first = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        var second = (await House.SetPolicyAsync(Administrator, SignerId, other)).PendingPolicyRequestId!;
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, first));
        await House.ApproveAsync(Ann, second);
        Assert.Equal(other, (await House.SignerAsync(SignerId)).ApprovalPolicyId);
    }

    [Fact]
    public async Task Repeated_change_returns_the_pending_request()
    {
        await GrantAsync();
        var first = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        Assert.Equal(first, (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId);
        Assert.Equal([first], await WaitingForAnnAsync());
        await House.ApproveAsync(Ann, first);
        Assert.Null((await House.SignerAsync(SignerId)).ApprovalPolicyId);
    }

    [Fact]
    public async Task Replaced_change_is_cancelled()
    {
        await GrantAsync();
        var other = await House.AddPolicyAsync(Policy(1, Ann));
        var first = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        var second = (await House.SetPolicyAsync(Administrator, SignerId, other)).PendingPolicyRequestId!;
        Assert.Equal(RequestStatus.Cancelled, (await House.LookAsync(Administrator, first)).Status);
        Assert.Equal([second], await WaitingForAnnAsync());
    }

    [Fact]
    public async Task Repeated_change_after_a_rejection_opens_a_new_request()
    {
        await GrantAsync();
        var first = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        await House.RejectAsync(Ann, first);
        var second = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        Assert.Equal([second], await WaitingForAnnAsync());
        Assert.Equal(RequestStatus.Rejected, (await House.LookAsync(Administrator, first)).Status);
    }

    [Fact]
    public async Task Repeated_change_under_a_stricter_policy_opens_new_request()
    {
        await GrantAsync();
        var first = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(2, Team));
        var second = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        Assert.Equal(RequestStatus.Cancelled, (await House.LookAsync(Administrator, first)).Status);
        await House.ApproveAsync(Ann, second);
        await House.ApproveAsync(Bob, second);
        Assert.Null((await House.SignerAsync(SignerId)).ApprovalPolicyId);
    }

    [Fact]
    public async Task Repeated_edit_returns_the_pending_request()
    {
        await GrantAsync();
        var first = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId!;
        Assert.Equal(first, (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId);
        Assert.Equal([first], await WaitingForAnnAsync());
    }

    [Fact]
    public async Task Replaced_edit_is_cancelled()
    {
        await GrantAsync();
        await House.ReplacePolicyAsync(Administrator, PolicyId, Looser);
        var loosest = Looser with { Constraints = new PolicyConstraints("4h", 30) };
        var second = (await House.ReplacePolicyAsync(Administrator, PolicyId, loosest)).PendingChangeRequestId!;
        Assert.Equal([second], await WaitingForAnnAsync());
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(2, Team));
        Assert.Empty(await WaitingForAnnAsync());
    }

    [Fact]
    public async Task Approval_and_its_policy_change_are_one_commit()
    {
        await GrantAsync();
        var edit = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId!;
        var detach = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        await House.ApproveAsync(Bob, edit);
        AssertOneCommit("request/" + edit, "policy.replace", "policy/" + PolicyId);
        detach = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        await House.ApproveAsync(Bob, detach);
        AssertOneCommit("request/" + detach, "signer.change-policy", "signer/" + SignerId);

        void AssertOneCommit(string request, string action, string subject)
        {
            var approval = Assert.Single(
                _interruption.Committed, element => element.Entry is { Action: "request.approve" } entry && entry.Subject == request);
            var change = Assert.Single(approval.With);
            Assert.Equal((action, subject), (change.Entry!.Action, change.Entry.Subject));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Interrupted_approval_is_committed_whole_or_not_at_all(bool committed)
    {
        await GrantAsync();
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        Action<string, Func<Task>> interrupt = committed ? _interruption.After : _interruption.Before;
        interrupt("request.approve", () => throw new TimeoutException("The node died."));
        await Assert.ThrowsAsync<TimeoutException>(() => House.ApproveAsync(Ann, requestId));
        var status = committed ? RequestStatus.Approved : RequestStatus.Pending;
        Assert.Equal(status, (await House.LookAsync(Ann, requestId)).Status);
        Assert.Equal(committed ? null : PolicyId, (await House.SignerAsync(SignerId)).ApprovalPolicyId);

        await (committed
            ? RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, requestId))
            : House.ApproveAsync(Ann, requestId));
        Assert.Null((await House.SignerAsync(SignerId)).ApprovalPolicyId);
        Assert.Equal(["request.create", "request.approve"], await House.ActionsAsync("request/" + requestId));
    }

    [Fact]
    public async Task Approval_is_decided_again_if_the_signer_changes_meanwhile()
    {
        await GrantAsync();
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        _interruption.Before("request.approve", () => House.UpdateSignerAsync(
            Administrator, SignerId, new UpdateSigner { Description = new OptionalText(true, "other") }));
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, requestId)).Status);
        var signer = await House.SignerAsync(SignerId);
        Assert.Equal(("other", null), (signer.Description, signer.ApprovalPolicyId));
    }

    [Fact]
    public async Task Approval_of_a_superseded_change_is_refused()
    {
        await GrantAsync();
        var other = await House.AddPolicyAsync(Policy(1, Ann));
        var first = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        var second = "";
        _interruption.Before("request.approve", async () =>
            second = (await House.SetPolicyAsync(Administrator, SignerId, other)).PendingPolicyRequestId!);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, first));
        Assert.Equal(RequestStatus.Cancelled, (await House.LookAsync(Ann, first)).Status);
        var signer = await House.SignerAsync(SignerId);
        Assert.Equal((PolicyId, second), (signer.ApprovalPolicyId, signer.PendingPolicyRequestId));
        Assert.DoesNotContain("request.approve", await House.ActionsAsync("request/" + first));
    }

    [Fact]
    public async Task Used_policy_cannot_be_deleted_and_deletion_frees_its_name()
    {
        Task DeleteAsync() => House.DoAsync(Administrator, async caller =>
        {
            await House.Policies.DeleteAsync(caller, PolicyId, CancellationToken.None);
            return true;
        });

        await RefusesAsync(ErrorCode.WrongState, DeleteAsync);
        await House.SetPolicyAsync(Administrator, SignerId, null);
        var name = (await House.PolicyAsync(PolicyId)).Name;
        await DeleteAsync();
        await RefusesAsync(ErrorCode.NotFound, () => House.PolicyAsync(PolicyId));
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.SetPolicyAsync(Administrator, SignerId, PolicyId));
        Task<PolicyView> CreateAsync() => House.DoAsync(
            Administrator, caller => House.Policies.CreateAsync(caller, Looser with { Name = name }, CancellationToken.None));

        await CreateAsync();
        await RefusesAsync(ErrorCode.NameTaken, CreateAsync);
    }

    [Fact]
    public async Task Only_product_administrators_manage_policies_and_people_read_them()
    {
        var machine = await House.AddMachineAsync("ci");
        await RefusesAsync(ErrorCode.Forbidden, () => House.ReplacePolicyAsync(Rae, PolicyId, Looser));
        await RefusesAsync(ErrorCode.Forbidden, () => House.ReplacePolicyAsync(machine, PolicyId, Looser));
        Task<PolicyView> GetAsync(Caller caller) => House.Policies.GetAsync(caller, PolicyId, CancellationToken.None);
        Assert.Equal(PolicyId, (await House.DoAsync(Rae, GetAsync)).Id);
        await RefusesAsync(ErrorCode.Forbidden, () => House.DoAsync(machine, GetAsync));
    }

    [Fact]
    public async Task Step_that_current_people_cannot_fill_is_refused()
    {
        await RefusesAsync(ErrorCode.UnreachableApproval, () => House.AddPolicyAsync(Policy(3, Team)));
        await House.SetActiveAsync(Bob, false);
        await RefusesAsync(ErrorCode.UnreachableApproval, () => House.AddPolicyAsync(Policy(2, Team)));
        var distinct = Policy(1, Team) with
        {
            Steps = [new ApprovalStep([Team], 1), new ApprovalStep([Ann], 1)],
            DistinctApproversAcrossSteps = true,
        };
        await RefusesAsync(ErrorCode.UnreachableApproval, () => House.AddPolicyAsync(distinct));
        await House.AddPolicyAsync(distinct with { DistinctApproversAcrossSteps = false });
    }

    [Fact]
    public async Task Step_with_unknown_or_machine_approver_is_refused()
    {
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.AddPolicyAsync(Policy(1, Ann, Team with { Id = "grp_0" })));
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.AddPolicyAsync(Policy(1, Ann, Ann with { Id = "usr_0" })));
        var machine = await House.AddMachineAsync("ci");
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.AddPolicyAsync(Policy(1, machine)));
        var machines = await House.AddGroupAsync("machines", machine);
        await RefusesAsync(ErrorCode.UnreachableApproval, () => House.AddPolicyAsync(Policy(1, machines)));
    }

    private async Task<IEnumerable<string>> WaitingForAnnAsync()
    {
        var filter = new RequestFilter(RequestStatus.Pending, null, 100);
        return (await House.DoAsync(Ann, caller => House.Requests.ListAssignedAsync(caller, filter, CancellationToken.None)))
            .Items.Select(request => request.Id);
    }

    private protected override Task<SigningHouse> OpenAsync() =>
        SigningHouse.OpenAsync(_interruption.Install);

    private static async Task RefusesAsync(ErrorCode code, Func<Task> act, ErrorCode orElse)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(act);
        Assert.True(refused.Code == code || refused.Code == orElse, refused.Message);
    }

    private PolicyDefinition Looser => Policy(1, Team) with { Constraints = new PolicyConstraints("4h", 20) };
}
