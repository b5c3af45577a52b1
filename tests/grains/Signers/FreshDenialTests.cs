using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Signers;

/// <summary>What was denied a moment ago is decided anew as soon as anything that could turn it has changed.</summary>
public sealed class FreshDenialTests : ApprovalSuite
{
    [Fact]
    public async Task Denied_machine_signs_once_the_policy_bypasses_machines()
    {
        var machine = await House.AddMachineAsync("ci");
        var signerId = await House.AddSignerAsync(PolicyId, Administrator, machine);
        await DeniesAsync(ErrorCode.ApprovalRequired, machine, signerId);
        await House.ReplacePolicyAsync(Administrator, PolicyId, Policy(1, Team) with { BypassForMachineIdentities = true });
        Assert.Null(await SignsAsync(machine, signerId));
    }

    [Fact]
    public async Task Denied_auditor_signs_once_a_group_makes_them_operator()
    {
        var operators = await House.AddGroupAsync("operators");
        var signerId = await House.AddSignerAsync(null, Administrator, operators);
        await House.DoAsync(Administrator, caller => House.Grains.GetGrain<ISignerGrain>(signerId).AddMemberAsync(
            caller, new NewMember(Rae.Kind, Rae.Id, SignerRole.Auditor), CancellationToken.None));
        await DeniesAsync(ErrorCode.Forbidden, Rae, signerId);
        await House.JoinAsync(operators, Rae);
        Assert.Null(await SignsAsync(Rae, signerId));
    }
}
