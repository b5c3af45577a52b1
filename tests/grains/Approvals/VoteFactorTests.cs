using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Policies;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>Votes under a policy that demands a recent second factor.</summary>
public sealed class VoteFactorTests : ApprovalSuite
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(15);
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(null, false)]
    [InlineData(900, false)]
    [InlineData(899, true)]
    [InlineData(0, true)]
    public void Second_factor_counts_for_as_long_as_the_policy_says(int? secondsOld, bool counts)
    {
        var now = RequestExample.Now;
        var policy = Policy(1) with { SecondFactorWithin = "15m" };
        var voter = Caller.Standing(new PrincipalRef(PrincipalKind.User, "ann"), "ann") with { SecondFactorAt = now.AddSeconds(-(secondsOld ?? 0)) };
        voter = secondsOld is null ? voter with { SecondFactorAt = null } : voter;
        if (counts)
        {
            Assert.Equal(voter.SecondFactorAt + Within, VoteFactor.Require(policy, voter, now));
            return;
        }

        var refusal = Assert.Throws<RefusedException>(() => VoteFactor.Require(policy, voter, now));
        Assert.Equal((ErrorCode.SecondFactorRequired, "\"15m\""), (refusal.Code, refusal.Members["secondFactorWithin"]));
    }

    [Fact]
    public async Task Vote_waits_for_the_second_factor_and_then_counts()
    {
        var request = await AskUnderFactorAsync();
        Assert.Equal("15m", request.SecondFactorWithin);
        await RefusesAsync(ErrorCode.SecondFactorRequired, () => VoteAsync(Ann, request.Id, null));
        await RefusesAsync(ErrorCode.SecondFactorRequired, () => VoteAsync(Ann, request.Id, House.Now - Within));
        Assert.Equal(RequestStatus.Approved, (await VoteAsync(Ann, request.Id, House.Now - Within + TimeSpan.FromSeconds(30))).Status);
    }

    [Fact]
    public async Task Rejection_is_a_vote_too()
    {
        var request = await AskUnderFactorAsync();
        await RefusesAsync(ErrorCode.SecondFactorRequired, () => House.RejectAsync(Ann, request.Id));
    }

    [Fact]
    public async Task Who_may_not_vote_is_not_told_to_step_up()
    {
        var request = await AskUnderFactorAsync();
        await RefusesAsync(ErrorCode.SelfApproval, () => VoteAsync(Rae, request.Id, null));
    }

    [Fact]
    public async Task Request_keeps_the_demand_it_was_created_under()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(1, Team) with { SecondFactorWithin = "15m" });
        Assert.Equal(RequestStatus.Approved, (await VoteAsync(Ann, request.Id, null)).Status);
    }

    [Fact]
    public async Task Guarded_policy_loses_its_second_factor_by_approval_alone()
    {
        await GrantAsync();
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(1, Team) with { SecondFactorWithin = "15m" });
        var asked = await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(1, Team));
        Assert.Equal("15m", asked.SecondFactorWithin);
        Assert.NotNull(asked.PendingChangeRequestId);
        await RefusesAsync(ErrorCode.SecondFactorRequired, () => VoteAsync(Ann, asked.PendingChangeRequestId, null));
        await VoteAsync(Ann, asked.PendingChangeRequestId, House.Now);
        Assert.Null((await House.PolicyAsync(PolicyId)).SecondFactorWithin);
    }

    [Fact]
    public async Task Group_addition_takes_the_strictest_demand_of_its_policies()
    {
        await GrantAsync();
        var other = await House.AddPolicyAsync(Policy(1, Team) with { SecondFactorWithin = "15m" });
        var signer = await House.AddSignerAsync(other, Administrator, Rae);
        await VoteAsync(Ann, (await House.AskAsync(Rae, signer, Asked)).Id, House.Now);
        var eve = await House.AddPersonAsync("eve");
        var added = await House.DoAsync(Administrator, caller => House.Get<ApproverAdditions>().AddAsync(caller, Team.Id, eve, None));
        await RefusesAsync(ErrorCode.SecondFactorRequired, () => VoteAsync(Ann, added.PendingRequestId!, null));
        Assert.Equal(RequestStatus.Approved, (await VoteAsync(Ann, added.PendingRequestId!, House.Now)).Status);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("0m")]
    public void Demand_that_is_no_duration_is_refused(string within) => Assert.Equal(
        ErrorCode.InvalidRequest,
        Assert.Throws<RefusedException>(() => PolicyRules.Normalise(Policy(1, Team) with { SecondFactorWithin = within })).Code);

    private async Task<RequestView> AskUnderFactorAsync()
    {
        var policy = await House.AddPolicyAsync(Policy(1, Team) with { SecondFactorWithin = "15m" });
        return await House.AskAsync(Rae, await House.AddSignerAsync(policy, Administrator, Rae), Asked);
    }

    private Task<RequestView> VoteAsync(PrincipalRef who, string requestId, DateTimeOffset? secondFactorAt) => House.DoAsync(
        who,
        caller => House.Grains.GetGrain<IApprovalRequestGrain>(requestId).ApproveAsync(
            caller with { SecondFactorAt = secondFactorAt }, new CastVote(), None));
}
