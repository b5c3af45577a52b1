using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.Tests.Approvals;
using CodeSigning.Grains.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Signing;

/// <summary>Callers who may be denied once an hour.</summary>
public sealed class SpentBudgetTests : ApprovalSuite
{
    [Fact]
    public async Task Caller_denied_too_often_leaves_no_entry_and_waits()
    {
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
        var reply = Assert.IsType<SignReply.NotSigned>(await House.SignAsync(Rae, SignerId));
        Assert.Equal((ErrorCode.RateLimited, null), (reply.Code, reply.OperationId));
        House.Time.Advance(reply.RetryAfter!.Value);
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
    }

    [Fact]
    public async Task Caller_denied_too_often_signs_once_allowed()
    {
        await DeniesAsync(ErrorCode.ApprovalRequired, Rae);
        await DeniesAsync(ErrorCode.RateLimited, Rae);
        var grantId = await GrantAsync();
        Assert.Equal(grantId, await SignsAsync(Rae));
    }

    private protected override Task<SigningHouse> OpenAsync() => SigningHouse.OpenAsync(services =>
        services.Configure<UnsignedAttemptOptions>(options => options.Entries = new BudgetRule(1, 1 / 3600.0)));
}
