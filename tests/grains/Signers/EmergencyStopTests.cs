using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Signers;

/// <summary>The emergency stop, also against what happens on other nodes meanwhile.</summary>
public sealed class EmergencyStopTests : ApprovalSuite
{
    private readonly InterruptedStates _interruption = new();

    [Fact]
    public async Task Stop_disables_signer_revokes_its_grants_and_cancels_its_requests()
    {
        var grantId = await GrantAsync();
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Equal(SignerStatus.Disabled, report.Signer.Status);
        Assert.Equal(grantId, Assert.Single(report.RevokedGrants));
        Assert.Equal(request.Id, Assert.Single(report.CancelledRequests));
        await DeniesAsync(ErrorCode.SignerDisabled, Rae);
        Assert.Equal(
            ["signer.create", "signer.stop", "signer.cancel-requests", "signer.revoke-grants"], await House.ActionsAsync("signer/" + SignerId));
    }

    [Fact]
    public async Task Grant_decided_before_the_stop_does_not_survive_it()
    {
        var grantId = await GrantAsync();
        var decidedOn = (await House.States.ReadAsync(StateTypes.Signer, SignerId, CancellationToken.None))!.ToVersion();
        CommitOutcome? outcome = null;
        _interruption.AfterList(IsOfStop(StateTypes.Grant), async () =>
            outcome = await CommitAsync(decidedOn, await AnotherGrantAsync(grantId)));
        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Equal(grantId, Assert.Single(report.RevokedGrants));
        Assert.IsType<CommitOutcome.Stale>(outcome);
        await House.EnableAsync(Administrator, SignerId);
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
    }

    [Theory]
    [InlineData(StateTypes.Grant)]
    [InlineData(StateTypes.ApprovalRequest)]
    public async Task Request_approved_during_the_stop_leaves_no_serving_grant(string afterListOf)
    {
        var given = await GrantAsync();
        var asked = await House.AskAsync(Rae, SignerId, Asked);
        _interruption.AfterList(IsOfStop(afterListOf), async () =>
        {
            var signer = (await House.States.ReadAsync(StateTypes.Signer, SignerId, CancellationToken.None))!.ToVersion();
            await CommitAsync(signer, await AnotherGrantAsync(given), await ApprovedAsync(asked.Id));
        });
        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Contains(given, report.RevokedGrants);
        await House.EnableAsync(Administrator, SignerId);
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
    }

    [Fact]
    public async Task Interrupted_stop_disables_the_signer_and_finishes_when_repeated()
    {
        var grantId = await GrantAsync();
        _interruption.AfterList(IsOfStop(StateTypes.Grant), () => throw new TimeoutException("The node died."));
        await Assert.ThrowsAsync<TimeoutException>(() => House.StopAsync(Administrator, SignerId));
        await DeniesAsync(ErrorCode.SignerDisabled, Rae);
        var ended = await House.GrantAsync(Rae, grantId);
        Assert.Equal((GrantStatus.Revoked, "stolen"), (ended.Status, ended.RevocationReason));

        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Equal(grantId, Assert.Single(report.RevokedGrants));
        Assert.Equal(GrantStatus.Revoked, (await House.GrantAsync(Rae, grantId)).Status);
    }

    [Fact]
    public async Task Grant_hidden_from_lists_ends_with_the_stop()
    {
        var grantId = await GrantAsync();
        await ChangeIndexAsync(StateTypes.Grant, grantId, index => index with { Status = "hidden" });
        Assert.Empty((await House.StopAsync(Administrator, SignerId)).RevokedGrants);
        await ChangeIndexAsync(StateTypes.Grant, grantId, index => index with { Status = "active" });
        await House.EnableAsync(Administrator, SignerId);
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
        Assert.Equal(GrantStatus.Revoked, (await House.GrantAsync(Rae, grantId)).Status);
    }

    [Fact]
    public async Task Request_hidden_from_lists_gives_no_grant_after_stop()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await ChangeIndexAsync(StateTypes.ApprovalRequest, request.Id, index => index with { Status = "hidden" });
        Assert.Empty((await House.StopAsync(Administrator, SignerId)).CancelledRequests);
        await ChangeIndexAsync(StateTypes.ApprovalRequest, request.Id, index => index with { Status = "pending" });
        await House.EnableAsync(Administrator, SignerId);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task Grant_given_after_a_stop_serves()
    {
        await GrantAsync();
        await House.StopAsync(Administrator, SignerId);
        await House.EnableAsync(Administrator, SignerId);
        var later = await GrantAsync();
        Assert.Equal(later, await SignsAsync(Rae));
    }

    [Fact]
    public async Task Stop_does_not_revoke_an_expired_grant()
    {
        await GrantAsync();
        House.Time.Advance(TimeSpan.FromHours(5));
        Assert.Empty((await House.StopAsync(Administrator, SignerId)).RevokedGrants);
    }

    [Fact]
    public async Task Stop_names_the_other_signers_of_the_key()
    {
        var other = await House.AddSignerAsync(null, Administrator, Rae);
        var report = await House.StopAsync(Administrator, SignerId);
        var named = Assert.Single(report.SignersWithSameKey, signer => signer.Id == other);
        Assert.Equal((false, false), (named.WasDisabled, named.IsStopped));
        await SignsAsync(Rae, other);
    }

    [Fact]
    public async Task Stop_includes_signers_of_same_key_that_caller_may_stop()
    {
        var own = await House.AddSignerAsync(null, Administrator, Rae);
        var owner = await House.AddPersonAsync("wanda");
        var foreign = await House.AddSignerAsync(null, owner, Rae);
        var request = new StopSigner("stolen", IncludeSignersWithSameKey: true);
        var report = await House.DoAsync(owner, caller => House.Get<EmergencyStop>().StopAsync(caller, foreign, request, default));
        Assert.DoesNotContain(report.SignersWithSameKey, signer => signer.IsStopped);

        report = await House.DoAsync(Administrator, caller => House.Get<EmergencyStop>().StopAsync(caller, SignerId, request, default));
        Assert.All(report.SignersWithSameKey, signer => Assert.True(signer.IsStopped));
        Assert.Contains(own, report.SignersWithSameKey.Select(signer => signer.Id));
        await DeniesAsync(ErrorCode.SignerDisabled, Rae, own);
    }

    [Fact]
    public async Task Signer_that_is_stopped_forty_times_can_be_stopped()
    {
        var grantId = await GrantAsync();
        for (var i = 0; i < 40; i++)
        {
            await House.StopAsync(Administrator, SignerId);
        }

        Assert.Equal(GrantStatus.Revoked, (await House.GrantAsync(Rae, grantId)).Status);
        await House.EnableAsync(Administrator, SignerId);
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
    }

    [Fact]
    public async Task Disabled_signer_accepts_no_requests_and_no_preapprovals()
    {
        await House.StopAsync(Administrator, SignerId);
        var ahead = new PreApprove(Rae, "release 1.2");
        await RefusesAsync(ErrorCode.SignerDisabled, () => House.AskAsync(Rae, SignerId, Asked));
        await RefusesAsync(ErrorCode.SignerDisabled, () => House.PreApproveAsync(Administrator, SignerId, ahead));
        await House.EnableAsync(Administrator, SignerId);
        await House.AskAsync(Rae, SignerId, Asked);
        await House.PreApproveAsync(Administrator, SignerId, ahead);
    }

    private protected override Task<SigningHouse> OpenAsync() => SigningHouse.OpenAsync(_interruption.Install);

    private static Func<StateQuery, bool> IsOfStop(string type) =>
        query => query.Type == type && query.AnyLink.IsDefault && !query.Statuses.IsDefault;

    private async Task<CommitOutcome> CommitAsync(StateVersion signer, params StateWrite[] writes) =>
        await House.Writer.CommitAsync(
            new LedgerElement { ReadSet = [signer], Writes = [.. writes] }, CancellationToken.None);

    private async Task ChangeIndexAsync(string type, string id, Func<StateIndex, StateIndex> change)
    {
        var stored = (await House.States.ReadAsync(type, id, CancellationToken.None))!;
        var index = type == StateTypes.Grant ? stored.ReadAs<GrantState>().ToIndex() : stored.ReadAs<ApprovalRequestState>().ToIndex();
        StateWrite write = new(type, id, stored.Version, stored.Content, change(index));
        Assert.IsType<CommitOutcome.Committed>(
            await House.Writer.CommitAsync(new LedgerElement { Writes = [write] }, CancellationToken.None));
    }

    private async Task<StateWrite> AnotherGrantAsync(string like)
    {
        var stored = await House.States.ReadAsync(StateTypes.Grant, like, CancellationToken.None);
        var another = stored!.ReadAs<GrantState>() with { Id = EntityId.New(IdPrefixes.Grant, House.Time) };
        return new StateWrite(StateTypes.Grant, another.Id, 0, StateJson.Write(another), another.ToIndex());
    }

    private async Task<StateWrite> ApprovedAsync(string requestId)
    {
        var stored = (await House.States.ReadAsync(StateTypes.ApprovalRequest, requestId, CancellationToken.None))!;
        var approved = stored.ReadAs<ApprovalRequestState>() with { Status = RequestStatus.Approved };
        return new StateWrite(stored.Type, stored.Id, stored.Version, StateJson.Write(approved), approved.ToIndex());
    }
}
