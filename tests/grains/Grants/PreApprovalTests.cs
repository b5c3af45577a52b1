using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Policies;
using Xunit;

namespace CodeSigning.Grains.Tests.Grants;

/// <summary>Grants that an administrator gives ahead, and grants in their order.</summary>
public sealed class PreApprovalTests : ApprovalSuite
{
    [Fact]
    public async Task Administrator_preapproves_within_the_policys_limits()
    {
        var grant = await House.PreApproveAsync(Administrator, SignerId, For(Rae) with { RequestedSignings = 1 });
        Assert.Equal((GrantStatus.Active, 1L, null), (grant.Status, grant.MaxSignings, grant.RequestId));
        Assert.Equal(grant.Id, await SignsAsync(Rae));
        await DeniesAsync(ErrorCode.GrantExhausted, Rae);
        Assert.Contains("grant.pre-approve", await House.ActionsAsync("grant/" + grant.Id));
        await RefusesAsync(
            ErrorCode.PolicyLimitExceeded,
            () => House.PreApproveAsync(Administrator, SignerId, For(Rae) with { RequestedSignings = 11 }));
    }

    [Fact]
    public async Task Administrator_cannot_grant_to_themselves() =>
        await RefusesAsync(ErrorCode.SelfApproval, () => House.PreApproveAsync(Administrator, SignerId, For(Administrator)));

    [Fact]
    public async Task Person_cannot_grant_to_an_identity_they_control()
    {
        var machine = await House.AddMachineAsync("ci");
        var signerId = await House.AddSignerAsync(PolicyId, Administrator, machine);
        await House.PreApproveAsync(Administrator, signerId, For(machine));
        await House.DoAsync(Administrator, caller => House.Machines.CreateClientSecretAsync(
            caller, machine.Id, new CreateClientSecret(), CancellationToken.None));
        await RefusesAsync(ErrorCode.SelfApproval, () => House.PreApproveAsync(Administrator, signerId, For(machine)));
    }

    [Fact]
    public async Task Only_human_administrators_of_the_signer_can_preapprove()
    {
        var machine = await House.AddMachineAsync("ci");
        var signerId = await House.AddSignerAsync(PolicyId, machine, Rae);
        var outsider = await House.AddPersonAsync("outsider", ProductRole.Admin);
        await RefusesAsync(ErrorCode.Forbidden, () => House.PreApproveAsync(machine, signerId, For(Rae)));
        await RefusesAsync(ErrorCode.Forbidden, () => House.PreApproveAsync(outsider, signerId, For(Rae)));
        await RefusesAsync(ErrorCode.Forbidden, () => House.PreApproveAsync(Rae, signerId, For(machine)));
        await RefusesAsync(ErrorCode.NotFound, () => House.PreApproveAsync(Ann, signerId, For(Rae)));
    }

    [Fact]
    public async Task Grantee_must_be_an_active_member_who_may_sign()
    {
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.PreApproveAsync(Administrator, SignerId, For(Ann)));
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.PreApproveAsync(Administrator, SignerId, For(Team)));
        await House.SetActiveAsync(Rae, false);
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.PreApproveAsync(Administrator, SignerId, For(Rae)));
    }

    [Fact]
    public async Task Grant_on_a_signer_without_a_policy_is_refused()
    {
        var signerId = await House.AddSignerAsync(null, Administrator, Rae);
        await RefusesAsync(ErrorCode.WrongState, () => House.PreApproveAsync(Administrator, signerId, For(Rae)));
    }

    [Fact]
    public async Task Earliest_ending_grant_serves_first_and_exhausted_grants_are_skipped()
    {
        var late = await GrantAsync(Asked with { RequestedSignings = 1, RequestedWindowDuration = "4h" });
        var early = await GrantAsync(Asked with { RequestedSignings = 1, RequestedWindowDuration = "2h" });
        Assert.Equal(early, await SignsAsync(Rae));
        Assert.Equal(late, await SignsAsync(Rae));
        await DeniesAsync(ErrorCode.GrantExhausted, Rae);
        var next = await House.PreApproveAsync(Administrator, SignerId, For(Rae));
        Assert.Equal(next.Id, await SignsAsync(Rae));
    }

    [Fact]
    public async Task Revoked_grant_denies_the_next_signature()
    {
        var grantId = await GrantAsync();
        await SignsAsync(Rae);
        await RefusesAsync(ErrorCode.Forbidden, () => House.RevokeAsync(Rae, grantId));
        var revoked = await House.RevokeAsync(Administrator, grantId);
        Assert.Equal((GrantStatus.Revoked, "no more"), (revoked.Status, revoked.RevocationReason));
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
        await RefusesAsync(ErrorCode.WrongState, () => House.RevokeAsync(Administrator, grantId));
    }

    [Fact]
    public async Task Stranger_gets_one_answer_for_existing_and_missing_grants()
    {
        string[] grantIds = [await GrantAsync(), "gnt_" + new string('0', 26)];
        var answers = new HashSet<string>();
        foreach (var grantId in grantIds)
        {
            foreach (var ask in new Func<Task>[]
            {
                () => House.GrantAsync(Ann, grantId),
                () => House.RevokeAsync(Ann, grantId),
                () => House.RevokeAsync(Ann, grantId, reason: ""),
            })
            {
                var refusal = await Assert.ThrowsAsync<RefusedException>(ask);
                answers.Add($"{refusal.Code}: {refusal.Message}");
            }
        }

        Assert.StartsWith("NotFound: The grant does not exist or is not visible to you.", Assert.Single(answers), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revocation_of_a_grant_requires_a_reason()
    {
        var grantId = await GrantAsync();
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.RevokeAsync(Administrator, grantId, reason: ""));
        await RefusesAsync(ErrorCode.InvalidRequest, () => House.RevokeAsync(Administrator, grantId, new string('x', 1025)));
        await RefusesAsync(ErrorCode.Forbidden, () => House.RevokeAsync(Rae, grantId, reason: ""));
    }

    [Fact]
    public async Task Grant_is_found_after_an_earlier_failed_lookup()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var grantId = "gnt_" + request.Id[4..];
        await RefusesAsync(ErrorCode.NotFound, () => House.GrantAsync(Rae, grantId));
        await House.ApproveAsync(Ann, request.Id);
        Assert.Equal(GrantStatus.Active, (await House.GrantAsync(Rae, grantId)).Status);
        Assert.Equal(grantId, await SignsAsync(Rae));
    }

    [Fact]
    public async Task Grant_serves_behind_a_hundred_newer_expired_grants()
    {
        var signerId = await AddSignerOfLongGrantsAsync();
        var grant = await House.PreApproveAsync(Administrator, signerId, For(Rae) with { RequestedWindowDuration = "300d" });
        await PreApproveHundredNewerAsync(signerId, For(Rae) with { RequestedWindowDuration = "1s" });
        House.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(grant.Id, await SignsAsync(Rae, signerId));
    }

    [Fact]
    public async Task Grant_serves_behind_a_hundred_newer_grants_of_another_scope()
    {
        var grant = await House.PreApproveAsync(Administrator, SignerId, For(Rae));
        await PreApproveHundredNewerAsync(SignerId, For(Rae) with { Scope = new GrantScope(Tools: ["another"]) });
        Assert.Equal(grant.Id, await SignsAsync(Rae));
    }

    [Fact]
    public async Task Grant_serves_behind_a_hundred_newer_grants_not_yet_valid()
    {
        var signerId = await AddSignerOfLongGrantsAsync();
        var grant = await House.PreApproveAsync(Administrator, signerId, For(Rae));
        var start = House.Now + TimeSpan.FromDays(1);
        await PreApproveHundredNewerAsync(
            signerId, For(Rae) with { WindowStart = start, WindowEnd = start + TimeSpan.FromDays(1) });
        Assert.Equal(grant.Id, await SignsAsync(Rae, signerId));
    }

    private async Task<string> AddSignerOfLongGrantsAsync()
    {
        var policyId = await House.AddPolicyAsync(Policy(1, Team) with { Constraints = new PolicyConstraints("300d") });
        return await House.AddSignerAsync(policyId, Administrator, Rae);
    }

    private async Task PreApproveHundredNewerAsync(string signerId, PreApprove request)
    {
        // Ids are ordered by time, and within one moment by chance.
        House.Time.Advance(TimeSpan.FromMilliseconds(1));
        for (var i = 0; i < 100; i++)
        {
            await House.PreApproveAsync(Administrator, signerId, request);
        }
    }

    private static PreApprove For(PrincipalRef grantee) => new(grantee, "release 1.2");
}
