using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Recording;

/// <summary>What entries say of changes to signers, policies, requests and grants.</summary>
public sealed class RecordedChangesTests : ApprovalSuite
{
    private static readonly CancellationToken None = CancellationToken.None;

    private PolicyDefinition Looser => Policy(1, Team) with { Constraints = new PolicyConstraints("4h", 20) };

    [Fact]
    public async Task Description_is_recorded_without_the_policy()
    {
        await House.UpdateSignerAsync(
            Administrator, SignerId, new UpdateSigner { Description = new OptionalText(true, "The release key.") });
        Assert.Equal("""{"description":{"from":null,"to":"The release key."}}""", await LastChangesAsync("signer.update"));
    }

    [Fact]
    public async Task Detached_policy_is_recorded_as_removed()
    {
        await House.SetPolicyAsync(Administrator, SignerId, null);
        Assert.Equal($$$"""{"approvalPolicyId":{"from":"{{{PolicyId}}}","to":null}}""", await LastChangesAsync("signer.update"));
    }

    [Fact]
    public async Task Pending_detachment_is_recorded_as_pending()
    {
        await GrantAsync();
        var requestId = (await House.SetPolicyAsync(Administrator, SignerId, null)).PendingPolicyRequestId;
        Assert.Equal(
            $$$$$"""{"pending":{"requestId":"{{{{{requestId}}}}}","changes":{"approvalPolicyId":{"from":"{{{{{PolicyId}}}}}","to":null}}}}""",
            await LastChangesAsync("signer.update"));

        await House.ApproveAsync(Ann, requestId!);
        Assert.Equal(
            $$$"""{"approvalPolicyId":{"from":"{{{PolicyId}}}","to":null},"requestId":{"to":"{{{requestId}}}"}}""",
            await LastChangesAsync("signer.change-policy"));
    }

    [Fact]
    public async Task Policy_edit_records_what_became_looser()
    {
        await GrantAsync();
        var name = (await House.PolicyAsync(PolicyId)).Name;
        var requestId = (await House.ReplacePolicyAsync(Administrator, PolicyId, Looser with { Name = name })).PendingChangeRequestId;
        const string Looses = """{"maxSignings":{"from":10,"to":20}}""";
        Assert.Equal(
            $$$$$"""{"pending":{"requestId":"{{{{{requestId}}}}}","changes":{{{{{Looses}}}}}}}""", await LastChangesAsync("policy.ask-change"));
        Assert.Contains($$"""
            "change":{"to":{{Looses}}}
            """, await LastChangesAsync("request.create"), StringComparison.Ordinal);

        await House.ApproveAsync(Bob, requestId!);
        Assert.Equal(
            $$$"""{"maxSignings":{"from":10,"to":20},"requestId":{"to":"{{{requestId}}}"}}""", await LastChangesAsync("policy.replace"));
    }

    [Fact]
    public async Task Policy_step_records_its_removed_approvers()
    {
        var policyId = await House.AddPolicyAsync(Policy(1, Ann, Bob));
        var current = await House.PolicyAsync(policyId);
        await House.ReplacePolicyAsync(Administrator, policyId, Policy(1, Ann) with { Name = current.Name });
        Assert.Equal(
            $$$"""{"steps.1.approvers":{"removed":[{"kind":"user","id":"{{{Bob.Id}}}"}]}}""", await LastChangesAsync("policy.replace"));
    }

    [Fact]
    public async Task Members_are_recorded_one_by_one()
    {
        var grain = House.Grains.GetGrain<ISignerGrain>(SignerId);
        var added = await House.DoAsync(Administrator, caller => grain.AddMemberAsync(
            caller, new NewMember(Ann.Kind, Ann.Id, SignerRole.Auditor), None));
        Assert.Equal(
            $$$$"""{"members.{{{{added.MemberId}}}}":{"from":null,"to":{"kind":"user","id":"{{{{Ann.Id}}}}","role":"auditor"}}}""",
            await LastChangesAsync("signer.add-member"));

        await House.DoAsync(Administrator, caller => grain.ChangeMemberAsync(
            caller, added.MemberId, new ChangeMember(SignerRole.Operator), None));
        Assert.Equal(
            $$$"""{"members.{{{added.MemberId}}}.role":{"from":"auditor","to":"operator"}}""",
            await LastChangesAsync("signer.change-member"));
    }

    [Fact]
    public async Task Vote_is_recorded_with_its_step()
    {
        await GrantAsync();
        var changes = JsonDocument.Parse(await LastChangesAsync("request.approve")).RootElement;
        Assert.Equal(("pending", "approved"), (changes.GetProperty("status").GetProperty("from").GetString(), changes.GetProperty("status").GetProperty("to").GetString()));
        Assert.Equal(1, changes.GetProperty("votes").GetProperty("added")[0].GetProperty("step").GetInt32());
        Assert.Equal(SignerId, changes.GetProperty("grant").GetProperty("to").GetProperty("signerId").GetString());
    }

    [Fact]
    public async Task Revocation_is_recorded_with_its_reason()
    {
        var grantId = await GrantAsync();
        await House.RevokeAsync(Administrator, grantId, "Wrong build.");
        Assert.Equal(
            """{"status":{"from":"active","to":"revoked"},"reason":{"from":null,"to":"Wrong build."}}""",
            await LastChangesAsync("grant.revoke"));
    }

    [Fact]
    public async Task Update_without_changes_writes_no_entry_and_no_version()
    {
        await GrantAsync();
        var grain = House.Grains.GetGrain<ISignerGrain>(SignerId);
        var signer = await House.SignerAsync(SignerId);
        var policy = await House.PolicyAsync(PolicyId);
        var definition = new PolicyDefinition(policy.Name, policy.Constraints, policy.Steps, policy.MaxRequestTtl);
        var member = (await House.Signers.GetMembersAsync(Caller.System, SignerId, None))[0];
        var before = (await VersionAsync(StateTypes.Signer, SignerId), await VersionAsync(StateTypes.Policy, PolicyId), (await House.ActionsAsync()).Count);

        await House.UpdateSignerAsync(Administrator, SignerId, new UpdateSigner(signer.Name, signer.CertificateId));
        await House.SetPolicyAsync(Administrator, SignerId, PolicyId);
        await House.EnableAsync(Administrator, SignerId);
        await House.DoAsync(Administrator, caller => grain.ChangeMemberAsync(caller, member.MemberId, new ChangeMember(member.Role), None));
        await House.ReplacePolicyAsync(Administrator, PolicyId, definition);

        Assert.Equal(before, (await VersionAsync(StateTypes.Signer, SignerId), await VersionAsync(StateTypes.Policy, PolicyId), (await House.ActionsAsync()).Count));
    }

    [Fact]
    public async Task Scope_of_many_digests_is_cut_and_still_commits()
    {
        var digests = Enumerable.Range(0, 1000).Select(number => $"sha512:{number:x128}").ToImmutableArray();
        await House.AskAsync(Rae, SignerId, Asked with { Scope = new(digests, Hostnames: [.. digests]) });
        var changes = await LastChangesAsync("request.create");
        Assert.InRange(changes.Length, 1, 64 * 1024);
        var kept = JsonDocument.Parse(changes).RootElement.GetProperty("scope").GetProperty("to").GetProperty("digests");
        Assert.Equal(1000, kept.GetProperty("count").GetInt32());
    }

    private async Task<long> VersionAsync(string type, string id) => (await House.States.ReadAsync(type, id, None))!.Version;

    /// <summary>The changes of the last entry of an action, as they stand in the ledger.</summary>
    private async Task<string> LastChangesAsync(string action)
    {
        var entries = await House.Ledger.ListAsync(new LedgerQuery(EntryKind.Admin, Limit: 1000), None);
        return entries
            .Select(entry => JsonDocument.Parse(entry.Json).RootElement)
            .Where(entry => entry.GetProperty("action").GetString() == action)
            .MaxBy(entry => entry.GetProperty("number").GetInt64())
            .GetProperty("changes").GetRawText();
    }
}
