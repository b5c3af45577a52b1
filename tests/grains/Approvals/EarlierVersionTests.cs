using CodeSigning.Approvals;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Policies;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>
/// What earlier versions left behind: they committed the last vote on a change of policy, and made the change in a second
/// commit that a reminder repeated until it was done.
/// </summary>
public sealed class EarlierVersionTests : ApprovalSuite
{
    private const string Reminder = "apply";

    private PolicyDefinition Looser => Policy(1, Team) with { Constraints = new PolicyConstraints("4h", 20) };

    [Fact]
    public async Task Policy_change_approved_by_an_earlier_version_is_applied()
    {
        await GrantAsync();
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        await ApproveAsBeforeAsync(requestId);
        await UpgradeAsync();
        await House.UntilAsync(async () => (await House.SignerAsync(SignerId)).ApprovalPolicyId is null);
        await AssertReminderEndsAsync(requestId);
        Assert.Single(await House.ActionsAsync("signer/" + SignerId), action => action == "signer.change-policy");
    }

    [Fact]
    public async Task Policy_edit_approved_by_an_earlier_version_is_applied()
    {
        await GrantAsync();
        var requestId = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser)).PendingChangeRequestId!;
        await ApproveAsBeforeAsync(requestId);
        await UpgradeAsync();
        await House.UntilAsync(async () => (await House.PolicyAsync(PolicyId)).Constraints.MaxSignings == 20);
        await AssertReminderEndsAsync(requestId);
        Assert.Single(await House.ActionsAsync("policy/" + PolicyId), action => action == "policy.replace");
    }

    [Fact]
    public async Task Superseded_change_is_not_applied_late()
    {
        await GrantAsync();
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId!;
        await ApproveAsBeforeAsync(requestId);
        var other = await House.AddPolicyAsync(Policy(1, Ann));
        var later = (await House.SetPolicyAsync(Administrator, SignerId, other)).PendingPolicyRequestId;
        await UpgradeAsync();
        await AssertReminderEndsAsync(requestId);
        var signer = await House.SignerAsync(SignerId);
        Assert.Equal((PolicyId, later), (signer.ApprovalPolicyId, signer.PendingPolicyRequestId));
    }

    /// <summary>The last vote and the reminder, as they were left by a process that ended between the two commits.</summary>
    private async Task ApproveAsBeforeAsync(string requestId)
    {
        var row = (await House.States.FindAsync<ApprovalRequestState>(
            StateTypes.ApprovalRequest, requestId, CancellationToken.None))!;
        var approved = row.State with
        {
            Status = RequestStatus.Approved,
            CurrentStep = 1,
            Ballots = [new CastBallot(0, Ann.Id, "ann", Approved: true, House.Now)],
            DecidedAt = House.Now,
        };
        await House.Writer.RecordAsync(new LedgerElement { Writes = [row.Replace(approved)] }, CancellationToken.None);
        await House.Get<IReminderTable>().UpsertRow(new ReminderEntry
        {
            GrainId = GrainIdOf(requestId),
            ReminderName = Reminder,
            StartAt = House.Now.UtcDateTime,
            Period = TimeSpan.FromMinutes(5),
        });
    }

    private Task UpgradeAsync() => House.RestartAsync();

    private Task AssertReminderEndsAsync(string requestId) => House.UntilAsync(async () =>
        await House.Get<IReminderTable>().ReadRow(GrainIdOf(requestId), Reminder) is null);

    private GrainId GrainIdOf(string requestId) =>
        House.Grains.GetGrain<IApprovalRequestGrain>(requestId).GetGrainId();
}
