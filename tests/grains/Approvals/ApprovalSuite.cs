using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Policies;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>
/// A team of Ann and Bob approves, one of them is enough, what Rae asks for on a signer that the administrator manages:
/// ten signatures within four hours, decided within a week.
/// </summary>
public abstract class ApprovalSuite : IAsyncLifetime
{
    private protected static readonly CreateRequest Asked = new("release 1.2");

    private protected SigningHouse House { get; private set; } = null!;

    private protected PrincipalRef Administrator { get; private set; } = null!;

    private protected PrincipalRef Ann { get; private set; } = null!;

    private protected PrincipalRef Bob { get; private set; } = null!;

    private protected PrincipalRef Rae { get; private set; } = null!;

    private protected PrincipalRef Team { get; private set; } = null!;

    private protected string PolicyId { get; private set; } = "";

    private protected string SignerId { get; private set; } = "";

    public async Task InitializeAsync()
    {
        House = await OpenAsync();
        Administrator = await House.AddPersonAsync("administrator", ProductRole.Admin);
        Ann = await House.AddPersonAsync("ann");
        Bob = await House.AddPersonAsync("bob");
        Rae = await House.AddPersonAsync("rae");
        Team = await House.AddGroupAsync("team", Ann, Bob);
        PolicyId = await House.AddPolicyAsync(Policy(1, Team));
        SignerId = await House.AddSignerAsync(PolicyId, Administrator, Rae);
    }

    public Task DisposeAsync() => House.DisposeAsync().AsTask();

    private protected virtual Task<SigningHouse> OpenAsync() => SigningHouse.OpenAsync();

    private protected static PolicyDefinition Policy(int required, params ReadOnlySpan<PrincipalRef> approvers) =>
        new("policy", new PolicyConstraints("4h", 10), [new ApprovalStep([.. approvers], required)], "7d");

    /// <summary>Asks for Rae and has Ann approve; returns the grant's id.</summary>
    private protected async Task<string> GrantAsync(CreateRequest? asked = null)
    {
        var request = await House.AskAsync(Rae, SignerId, asked ?? Asked);
        return (await House.ApproveAsync(Ann, request.Id)).GrantId!;
    }

    /// <summary>Signs; returns the grant's id.</summary>
    private protected async Task<string?> SignsAsync(PrincipalRef who, string? signerId = null)
    {
        House.Time.Advance(TimeSpan.FromSeconds(2));
        var reply = await House.SignAsync(who, signerId ?? SignerId);
        return Assert.IsType<SignReply.SignatureMade>(reply).Result.GrantId;
    }

    private protected async Task DeniesAsync(ErrorCode code, PrincipalRef who, string? signerId = null)
    {
        House.Time.Advance(TimeSpan.FromSeconds(2));
        var reply = await House.SignAsync(who, signerId ?? SignerId);
        Assert.Equal(code, Assert.IsType<SignReply.NotSigned>(reply).Code);
    }

    private protected static async Task RefusesAsync(ErrorCode code, Func<Task> act) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<RefusedException>(act)).Code);
}
