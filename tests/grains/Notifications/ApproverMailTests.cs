using CodeSigning.Approvals;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Policies;
using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Grains.Tests.Notifications;

/// <summary>Which approvers hear of a request, and when. Ann decides first, then Bob or Cid.</summary>
public sealed class ApproverMailTests : IAsyncLifetime
{
    private SigningHouse _house = null!;
    private PrincipalRef _ann = null!;
    private PrincipalRef _bob = null!;
    private RequestView _request = null!;

    public async Task InitializeAsync()
    {
        _house = await SigningHouse.OpenAsync();
        await _house.Get<Webhooks>().CreateAsync(Caller.System, new CreateWebhook("https://example.com/"), CancellationToken.None);
        await _house.Notifications.AdvanceAsync(CancellationToken.None); // From here on it listens.
        _ann = await _house.AddPersonAsync("ann");
        _bob = await _house.AddPersonAsync("bob");
        var rae = await _house.AddPersonAsync("rae");
        var policy = await _house.AddPolicyAsync(new PolicyDefinition(
            "policy",
            new PolicyConstraints("4h", 10),
            [new ApprovalStep([_ann], 1), new ApprovalStep([_bob, await _house.AddPersonAsync("cid")], 2)],
            "8h"));
        var signer = await _house.AddSignerAsync(policy, await _house.AddPersonAsync("administrator"), rae);
        _request = await _house.AskAsync(rae, signer, new CreateRequest("release 1.2"));
    }

    public Task DisposeAsync() => _house.DisposeAsync().AsTask();

    [Fact]
    public async Task Next_steps_approvers_are_asked_when_their_turn_comes()
    {
        Assert.Equal(["ann"], await AskedAsync(EventTypes.RequestCreated));

        await _house.ApproveAsync(_ann, _request.Id);

        Assert.Equal(["bob", "cid"], await AskedAsync(EventTypes.RequestAdvanced));
    }

    [Fact]
    public async Task Vote_that_completes_no_step_asks_nobody()
    {
        await _house.ApproveAsync(_ann, _request.Id);
        await AskedAsync(EventTypes.RequestAdvanced);
        await _house.ApproveAsync(_bob, _request.Id);
        await _house.Notifications.AdvanceAsync(CancellationToken.None);
        Assert.Single(await DeliveriesAsync(EventTypes.RequestAdvanced));
    }

    [Fact]
    public async Task Whoever_has_not_voted_is_reminded_once_before_the_end()
    {
        await _house.ApproveAsync(_ann, _request.Id);
        await _house.ApproveAsync(_bob, _request.Id);
        _house.Time.Advance(TimeSpan.FromHours(5.9));
        await RemindAsync();
        Assert.Empty(await DeliveriesAsync(EventTypes.RequestExpiring));

        _house.Time.Advance(TimeSpan.FromHours(0.2));
        await RemindAsync();
        await RemindAsync();

        Assert.Single(await DeliveriesAsync(EventTypes.RequestExpiring));
        Assert.Equal(["cid"], await RecipientsAsync(EventTypes.RequestExpiring));
    }

    private Task RemindAsync() => _house.Get<ExpiringRequests>().LookAsync(CancellationToken.None);

    private async Task<IEnumerable<string>> AskedAsync(string type)
    {
        await _house.Notifications.AdvanceAsync(CancellationToken.None);
        Assert.Single(await DeliveriesAsync(type));
        return await RecipientsAsync(type);
    }

    private async Task<IEnumerable<string>> RecipientsAsync(string type)
    {
        var raised = new NotificationEvent("op_1", type, $"{StateTypes.ApprovalRequest}/{_request.Id}", "{\"data\":{}}");
        var subject = await _house.Get<NotificationSubjects>().ReadAsync(raised, CancellationToken.None);
        MailRecipients recipients = new(_house.States, new NotificationOptions { SmtpHost = "mail.example.com" });
        return (await recipients.FindAsync(raised, subject!, CancellationToken.None)).Select(address => address.Split('-')[0]).Order();
    }

    private async Task<DeliveryState[]> DeliveriesAsync(string type) =>
    [
        .. (await _house.States.ListAsync(new StateQuery(StateTypes.Delivery, Limit: 1000), CancellationToken.None))
            .Select(row => row.ReadAs<DeliveryState>()).Where(delivery => delivery.EventType == type),
    ];
}
