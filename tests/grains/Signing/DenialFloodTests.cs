using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Signing;

/// <summary>What people who are denied, or change nothing, leave in the ledger.</summary>
public sealed class DenialFloodTests : ApprovalSuite
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Stranger_leaves_no_entry_on_an_invisible_signer()
    {
        var stranger = await House.AddMachineAsync("stranger");
        var before = await CountEntriesAsync();
        for (var i = 0; i < 300; i++)
        {
            var reply = Assert.IsType<SignReply.NotSigned>(await House.SignAsync(stranger, SignerId));
            Assert.Equal((ErrorCode.NotFound, null), (reply.Code, reply.OperationId));
        }

        Assert.Equal(before, await CountEntriesAsync());
    }

    [Fact]
    public async Task Missing_and_invisible_signers_get_the_same_answer()
    {
        var stranger = await House.AddMachineAsync("stranger");
        Assert.Equal(
            Assert.IsType<SignReply.NotSigned>(await House.SignAsync(stranger, SignerId)),
            Assert.IsType<SignReply.NotSigned>(await House.SignAsync(stranger, "sgn_00000000000000000000000000")));
    }

    [Fact]
    public async Task Stranger_who_becomes_an_operator_signs_at_once()
    {
        var machine = await House.AddMachineAsync("ci");
        var group = await House.AddGroupAsync("operators");
        var signerId = await House.AddSignerAsync(null, Administrator, group);
        await DeniesAsync(ErrorCode.NotFound, machine, signerId);
        await House.JoinAsync(group, machine);
        Assert.Null(await SignsAsync(machine, signerId));
    }

    [Fact]
    public async Task Thousand_concurrent_denials_are_counted_in_few_entries()
    {
        // However fast they are gathered, what is beyond the burst waits for the budget.
        var waits = 0;
        House.Time.TimerCreated += (_, _) => Task.Run(() =>
        {
            Interlocked.Increment(ref waits);
            House.Time.Advance(TimeSpan.FromMilliseconds(100));
        });
        var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => House.SignAsync(Rae, SignerId)));
        var denials = await EntriesAsync(EntryOutcome.Denied);
        Assert.InRange(denials.Count, 1, 100 + waits);
        Assert.Equal(1000, denials.Sum(entry => entry.TryGetProperty("count", out var count) ? count.GetInt32() : 1));
        var named = replies.Select(reply => Assert.IsType<SignReply.NotSigned>(reply).OperationId!).ToHashSet();
        Assert.Equal(named, denials.Select(entry => entry.GetProperty("operationId").GetString()!).ToHashSet());
    }

    [Fact]
    public async Task Update_without_changes_writes_no_entry()
    {
        var signer = await House.SignerAsync(SignerId);
        var policy = await House.PolicyAsync(PolicyId);
        var rae = (await House.DoAsync(Administrator, caller => House.Signers.GetMembersAsync(caller, SignerId, None)))
            .Single(member => member.Id == Rae.Id);
        var version = await VersionsAsync();
        var before = await CountEntriesAsync();
        await House.UpdateSignerAsync(Administrator, SignerId, new UpdateSigner { Name = signer.Name });
        await House.SetPolicyAsync(Administrator, SignerId, PolicyId);
        await House.EnableAsync(Administrator, SignerId);
        await House.DoAsync(Administrator, caller => House.Grains.GetGrain<ISignerGrain>(SignerId).ChangeMemberAsync(
            caller, rae.MemberId, new ChangeMember(rae.Role), None));
        await House.ReplacePolicyAsync(
            Administrator, PolicyId, Policy(1, Team) with { Name = policy.Name });
        Assert.Equal(before, await CountEntriesAsync());
        Assert.Equal(version, await VersionsAsync());
        await House.DoAsync(Administrator, caller => House.Withdrawals.DisableAsync(caller, SignerId, None));
        before = await CountEntriesAsync();
        await House.DoAsync(Administrator, caller => House.Withdrawals.DisableAsync(caller, SignerId, None));
        Assert.Equal(before, await CountEntriesAsync());
    }

    [Fact]
    public async Task Endless_requests_and_cancellations_are_rate_limited()
    {
        var opened = 0;
        RefusedException? refusal = null;
        while (refusal is null && opened < 1000)
        {
            try
            {
                await House.CancelAsync(Rae, (await House.AskAsync(Rae, SignerId, Asked)).Id);
                opened++;
            }
            catch (RefusedException refused)
            {
                refusal = refused;
            }
        }

        Assert.Equal(ErrorCode.RateLimited, refusal?.Code);
        Assert.Equal(200, opened);
        House.Time.Advance(refusal!.RetryAfter!.Value);
        await House.AskAsync(Rae, SignerId, Asked);
    }

    private async Task<(long Signer, long Policy)> VersionsAsync() => (
        (await House.States.ReadAsync(StateTypes.Signer, SignerId, None))!.Version,
        (await House.States.ReadAsync(StateTypes.Policy, PolicyId, None))!.Version);

    private async Task<int> CountEntriesAsync() => (await House.Ledger.ListAsync(new LedgerQuery(Limit: 1000), None)).Count;

    private async Task<List<JsonElement>> EntriesAsync(EntryOutcome outcome) =>
    [
        .. (await House.Ledger.ListAsync(new LedgerQuery(Outcome: outcome, Limit: 1000), None))
            .Select(entry => JsonDocument.Parse(entry.Json).RootElement),
    ];
}
