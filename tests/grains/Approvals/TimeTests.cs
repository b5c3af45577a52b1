using CodeSigning.Approvals;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Grants;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>Every boundary in time, to the tick, with reminders and without.</summary>
public abstract class TimeSuite : ApprovalSuite
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public async Task Request_is_decided_before_its_end_and_not_at_it()
    {
        var first = await House.AskAsync(Rae, SignerId, Asked);
        var second = await House.AskAsync(Rae, SignerId, Asked);
        AdvanceTo(first.ExpiresAt - TimeSpan.FromMilliseconds(1));
        Assert.Equal(RequestStatus.Approved, (await House.ApproveAsync(Ann, first.Id)).Status);
        AdvanceTo(second.ExpiresAt);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, second.Id));
        await RefusesAsync(ErrorCode.WrongState, () => House.CancelAsync(Rae, second.Id));
        var view = await House.LookAsync(Rae, second.Id);
        Assert.Equal((RequestStatus.Expired, second.ExpiresAt), (view.Status, view.DecidedAt));
    }

    [Fact]
    public async Task Window_begins_at_its_start()
    {
        var start = House.Now.AddHours(1);
        await GrantAsync(Asked with { WindowStart = start, WindowEnd = start.AddHours(4) });
        AdvanceTo(start - Tick);
        await DeniesNowAsync(ErrorCode.GrantNotYetValid);
        AdvanceTo(start);
        await SignsNowAsync();
    }

    [Fact]
    public async Task Window_ends_before_its_end()
    {
        var end = House.Now.AddHours(4);
        var grantId = await GrantAsync();
        AdvanceTo(end - TimeSpan.FromMilliseconds(1));
        await SignsNowAsync();
        AdvanceTo(end);
        await DeniesNowAsync(ErrorCode.GrantExpired);
        Assert.Equal(GrantStatus.Expired, (await House.GrantAsync(Rae, grantId)).Status);
    }

    [Fact]
    public async Task Request_ends_with_its_requested_window()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked with { WindowEnd = House.Now.AddHours(3) });
        Assert.Equal(House.Now.AddHours(3), request.ExpiresAt);
        AdvanceTo(request.ExpiresAt);
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
    }

    [Fact]
    public async Task Expired_certificate_ends_signatures_and_requests()
    {
        var end = (await House.SignerAsync(SignerId)).CertificateNotAfter;
        House.Time.Sleep(end.AddMinutes(-2) - House.Now);
        await GrantAsync();
        AdvanceTo(end - TimeSpan.FromMilliseconds(1));
        await SignsNowAsync();
        AdvanceTo(end);
        await DeniesNowAsync(ErrorCode.CertificateExpired);
        await RefusesAsync(ErrorCode.WrongState, () => House.AskAsync(Rae, SignerId, Asked));
    }

    [Fact]
    public async Task Expired_request_does_not_come_back_with_a_restart()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        AdvanceTo(request.ExpiresAt);
        await House.RestartAsync();
        await RefusesAsync(ErrorCode.WrongState, () => House.ApproveAsync(Ann, request.Id));
        Assert.Equal(RequestStatus.Expired, (await House.LookAsync(Rae, request.Id)).Status);
    }

    private protected void AdvanceTo(DateTimeOffset time)
    {
        while (time - House.Now > TimeSpan.FromMinutes(1) && time - House.Now < TimeSpan.FromHours(1))
        {
            House.Time.Advance(TimeSpan.FromMinutes(1));
        }

        House.Time.Advance(time - House.Now);
    }

    private async Task SignsNowAsync() => Assert.IsType<SignReply.SignatureMade>(await House.SignAsync(Rae, SignerId));

    private async Task DeniesNowAsync(ErrorCode code) =>
        Assert.Equal(code, Assert.IsType<SignReply.NotSigned>(await House.SignAsync(Rae, SignerId)).Code);
}

/// <summary>With reminders, which make known what the clock says.</summary>
public sealed class TimeTests : TimeSuite
{
    [Fact]
    public async Task Reminder_records_the_expiry_with_an_entry()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        AdvanceTo(request.ExpiresAt);
        await House.UntilAsync(async () =>
            (await House.ActionsAsync("request/" + request.Id)) is ["request.create", "request.expire"]);
    }

    [Fact]
    public async Task Reminder_set_before_a_restart_fires_after_it()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.RestartAsync();
        AdvanceTo(request.ExpiresAt);
        await House.UntilAsync(async () => (await House.ActionsAsync("request/" + request.Id)).Count == 2);
    }

    [Fact]
    public async Task Reminder_of_a_decided_request_changes_nothing()
    {
        var request = await House.AskAsync(Rae, SignerId, Asked);
        await House.RejectAsync(Ann, request.Id);
        AdvanceTo(request.ExpiresAt.AddHours(1));
        Assert.Equal(RequestStatus.Rejected, (await House.LookAsync(Rae, request.Id)).Status);
        Assert.Equal(["request.create", "request.reject"], await House.ActionsAsync("request/" + request.Id));
    }
}

/// <summary>Without reminders: the clock alone decides.</summary>
public sealed class TimeWithoutRemindersTests : TimeSuite
{
    private protected override Task<SigningHouse> OpenAsync() => SigningHouse.OpenWithoutRemindersAsync();
}
