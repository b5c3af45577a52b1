using CodeSigning.Approvals;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Signers;

/// <summary>The emergency stop, also against what happens on other nodes meanwhile.</summary>
public sealed class EmergencyStopTests : ApprovalSuite
{
    private readonly InterruptedStates _interruption = new();

    [Fact]
    public async Task A_stop_disables_the_signer_revokes_its_grants_and_cancels_its_requests()
    {
        var grantId = await GrantAsync();
        var request = await House.AskAsync(Rae, SignerId, Asked);
        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Equal(SignerStatus.Disabled, report.Signer.Status);
        Assert.Equal(grantId, Assert.Single(report.RevokedGrants));
        Assert.Equal(request.Id, Assert.Single(report.CancelledRequests));
        await DeniesAsync(ErrorCode.SignerDisabled, Rae);
        Assert.Equal(
            ["signer.create", "signer.disable", "signer.stop"], await House.ActionsAsync("signer/" + SignerId));
    }

    [Fact]
    public async Task A_grant_that_was_decided_on_before_the_stop_does_not_survive_it()
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
    public async Task A_request_that_is_approved_during_the_stop_leaves_no_grant_that_survives_it(string afterListOf)
    {
        var given = await GrantAsync();
        var asked = await House.AskAsync(Rae, SignerId, Asked);
        _interruption.AfterList(IsOfStop(afterListOf), async () =>
        {
            var signer = (await House.States.ReadAsync(StateTypes.Signer, SignerId, CancellationToken.None))!.ToVersion();
            await CommitAsync(signer, await AnotherGrantAsync(given), await ApprovedAsync(asked.Id));
        });
        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Equal(2, report.RevokedGrants.Length);
        await House.EnableAsync(Administrator, SignerId);
        await DeniesAsync(ErrorCode.GrantRevoked, Rae);
    }

    [Fact]
    public async Task A_stop_that_was_interrupted_has_disabled_the_signer_and_is_finished_when_it_is_asked_for_again()
    {
        var grantId = await GrantAsync();
        _interruption.AfterList(IsOfStop(StateTypes.Grant), () => throw new TimeoutException("The node died."));
        await Assert.ThrowsAsync<TimeoutException>(() => House.StopAsync(Administrator, SignerId));
        await DeniesAsync(ErrorCode.SignerDisabled, Rae);

        var report = await House.StopAsync(Administrator, SignerId);
        Assert.Equal(grantId, Assert.Single(report.RevokedGrants));
        Assert.Equal(GrantStatus.Revoked, (await House.GrantAsync(Rae, grantId)).Status);
    }

    [Fact]
    public async Task A_disabled_signer_takes_no_requests_and_no_grants_ahead()
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
