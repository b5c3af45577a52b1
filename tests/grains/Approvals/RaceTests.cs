using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Signing;
using CodeSigning.Grants;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>Two who act at once: one order of the two explains what came of it, and the ledger tells which.</summary>
public sealed class RaceTests : ApprovalSuite
{
    private const int Rounds = 50;

    [Fact]
    public async Task Two_concurrent_last_votes_give_one_grant()
    {
        var policyId = await House.AddPolicyAsync(Policy(2, Team));
        var signerId = await House.AddSignerAsync(policyId, Administrator, Rae);
        for (var round = 0; round < Rounds; round++)
        {
            var request = await House.AskAsync(Rae, signerId, Asked);
            await Task.WhenAll(House.ApproveAsync(Ann, request.Id), House.ApproveAsync(Bob, request.Id));
            Assert.Equal(
                ["request.create", "request.vote", "request.approve"], await House.ActionsAsync("request/" + request.Id));
            Assert.Equal(RequestStatus.Approved, (await House.LookAsync(Rae, request.Id)).Status);
        }
    }

    [Fact]
    public async Task One_of_concurrent_approval_and_cancellation_wins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var request = await House.AskAsync(Rae, SignerId, Asked);
            var approval = TryAsync(() => House.ApproveAsync(Ann, request.Id));
            var cancellation = TryAsync(() => House.CancelAsync(Rae, request.Id));
            Assert.Single(await Task.WhenAll(approval, cancellation), ErrorCode.WrongState);
            var status = (await House.LookAsync(Rae, request.Id)).Status;
            Assert.Equal(await approval is null ? RequestStatus.Approved : RequestStatus.Cancelled, status);
            Assert.Equal(2, (await House.ActionsAsync("request/" + request.Id)).Count);
        }
    }

    [Fact]
    public async Task Vote_counts_only_if_committed_before_its_voter_left()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var request = await House.AskAsync(Rae, SignerId, Asked);
            var vote = TryAsync(() => House.ApproveAsync(Ann, request.Id));
            var removal = House.LeaveAsync(Team, Ann);
            await Task.WhenAll(vote, removal);
            var actions = (await House.ActionsAsync()).ToList();
            var status = (await House.LookAsync(Rae, request.Id)).Status;
            Assert.Equal(await vote is null ? RequestStatus.Approved : RequestStatus.Pending, status);
            if (status == RequestStatus.Approved)
            {
                Assert.True(actions.LastIndexOf("request.approve") < actions.LastIndexOf("group.removeMember"));
            }

            await House.JoinAsync(Team, Ann);
        }
    }

    [Fact]
    public async Task Revoked_grant_signs_nothing_that_begins_later()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var grantId = await GrantAsync(Asked with { RequestedSignings = 10 });
            House.Time.Advance(TimeSpan.FromSeconds(2));
            var under = Enumerable.Range(0, 4).Select(_ => House.SignAsync(Rae, SignerId)).ToArray();
            await House.RevokeAsync(Administrator, grantId);
            var used = (await House.GrantAsync(Rae, grantId)).Used;
            await DeniesAsync(ErrorCode.GrantRevoked, Rae);
            await Task.WhenAll(under);
            var grant = await House.GrantAsync(Rae, grantId);
            Assert.Equal((GrantStatus.Revoked, used), (grant.Status, grant.Used));
        }
    }

    [Fact]
    public async Task Concurrent_signatures_use_exactly_the_granted_number()
    {
        var grantId = await GrantAsync(Asked with { RequestedSignings = 10 });
        House.Time.Advance(TimeSpan.FromSeconds(2));
        var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => House.SignAsync(Rae, SignerId))));
        Assert.Equal(10, replies.Count(reply => reply is SignReply.SignatureMade));
        Assert.Equal(10, (await House.GrantAsync(Rae, grantId)).Used);
    }

    /// <summary>The refusal's code; null where it was done.</summary>
    private static async Task<ErrorCode?> TryAsync(Func<Task> act)
    {
        try
        {
            await Task.Run(act);
            return null;
        }
        catch (RefusedException refused)
        {
            return refused.Code;
        }
    }
}
