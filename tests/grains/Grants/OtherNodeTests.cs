using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using Xunit;

namespace CodeSigning.Grains.Tests.Grants;

/// <summary>A grant whose row another node changes: this node's activation has it in memory as it was.</summary>
public sealed class OtherNodeTests : ApprovalSuite
{
    [Fact]
    public async Task Grant_marked_exhausted_on_another_node_is_denied_as_exhausted()
    {
        var grantId = await GrantAsync(Asked with { RequestedSignings = 1 });
        Assert.IsType<SignReply.SignatureMade>(await House.SignAsync(Rae, SignerId));
        await House.UntilAsync(async () => (await RowAsync(grantId)).ReadAs<GrantState>().IsKnownExhausted);
        await ChangeElsewhereAsync(grantId);
        Assert.Equal(ErrorCode.GrantExhausted, Assert.IsType<SignReply.NotSigned>(await House.SignAsync(Rae, SignerId)).Code);
    }

    [Fact]
    public async Task Grant_changed_on_another_node_still_serves()
    {
        var grantId = await GrantAsync();
        Assert.IsType<SignReply.SignatureMade>(await House.SignAsync(Rae, SignerId));
        await ChangeElsewhereAsync(grantId);
        Assert.IsType<SignReply.SignatureMade>(await House.SignAsync(Rae, SignerId));
    }

    private async Task<StoredState> RowAsync(string grantId) =>
        (await House.States.ReadAsync(StateTypes.Grant, grantId, CancellationToken.None))!;

    private async Task ChangeElsewhereAsync(string grantId)
    {
        var row = await RowAsync(grantId);
        var write = new StateWrite(StateTypes.Grant, grantId, row.Version, row.Content, row.ReadAs<GrantState>().ToIndex());
        Assert.IsType<CommitOutcome.Committed>(
            await House.Writer.CommitAsync(new LedgerElement { Writes = [write] }, CancellationToken.None));
    }
}
