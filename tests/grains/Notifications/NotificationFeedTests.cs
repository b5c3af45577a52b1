using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using CodeSigning.Policies;
using CodeSigning.Silo.Notifications;
using Xunit;

namespace CodeSigning.Grains.Tests.Notifications;

public sealed class NotificationFeedTests
{
    [Fact]
    public async Task Round_reads_only_entries_committed_before_it_began()
    {
        await using var house = await SigningHouse.OpenAsync();
        var person = await house.AddPersonAsync("operator");
        var signer = await house.AddSignerAsync(null, await house.AddPersonAsync("administrator"), person);
        await house.Notifications.AdvanceAsync(CancellationToken.None); // From here on it listens.
        for (var i = 0; i < 3; i++)
        {
            await house.SignAsync(person, signer);

            Assert.False(await house.Notifications.AdvanceAsync(CancellationToken.None));
        }

        Assert.False(await house.Notifications.AdvanceAsync(CancellationToken.None));
        var position = await house.States.ReadAsync(StateTypes.NotificationFeed, FeedState.RowId, CancellationToken.None);
        var entries = await house.Ledger.ListAsync(new LedgerQuery(Limit: 1000), CancellationToken.None);
        Assert.Equal(entries.Count, position!.ReadAs<FeedState>().Numbers.Values.Sum());
    }

    [Fact]
    public async Task Flood_of_denials_does_not_delay_other_events()
    {
        await using var house = await SigningHouse.OpenAsync();
        var (machine, signer) = await OpenAsync(house);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => house.SignAsync(machine, signer)));
        await house.StopAsync(house.Owner, signer);

        await house.Notifications.AdvanceAsync(CancellationToken.None);

        Assert.Equal([EventTypes.SignerStopped], (await DeliveriesAsync(house)).Select(delivery => delivery.EventType));
    }

    [Fact]
    public async Task Equal_denials_are_notified_at_once_and_then_aggregated()
    {
        await using var house = await SigningHouse.OpenAsync();
        var (machine, signer) = await OpenAsync(house);
        var denials = house.Get<DenialFeed>();
        await house.SignAsync(machine, signer);
        await denials.AdvanceAsync(CancellationToken.None);
        var first = Assert.Single(await DeliveriesAsync(house));
        Assert.DoesNotContain("count", first.Body, StringComparison.Ordinal);

        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => house.SignAsync(machine, signer)));
        await denials.AdvanceAsync(CancellationToken.None);
        Assert.Single(await DeliveriesAsync(house));
        house.Time.Advance(TimeSpan.FromSeconds(10));
        await denials.AdvanceAsync(CancellationToken.None);

        var second = Assert.Single(await DeliveriesAsync(house), delivery => delivery.Id != first.Id);
        var data = JsonDocument.Parse(second.Body).RootElement.GetProperty("data");
        Assert.Equal(300, data.GetProperty("count").GetInt64());
        Assert.Equal(machine.Id, data.GetProperty("actor").GetProperty("id").GetString());
    }

    private static async Task<(PrincipalRef Machine, string Signer)> OpenAsync(SigningHouse house)
    {
        var machine = await house.AddMachineAsync("ci");
        var team = await house.AddGroupAsync("team", await house.AddPersonAsync("ann"));
        var policy = await house.AddPolicyAsync(
            new PolicyDefinition("policy", new PolicyConstraints("4h", 10), [new ApprovalStep([team], 1)]));
        var signer = await house.AddSignerAsync(policy, await house.AddPersonAsync("administrator"), machine);
        await house.Get<Webhooks>().CreateAsync(Caller.System, new CreateWebhook("https://example.com/"), CancellationToken.None);
        await house.Notifications.AdvanceAsync(CancellationToken.None); // From here on they listen.
        await house.Get<DenialFeed>().AdvanceAsync(CancellationToken.None);
        return (machine, signer);
    }

    private static async Task<DeliveryState[]> DeliveriesAsync(SigningHouse house) =>
    [
        .. (await house.States.ListAsync(new StateQuery(StateTypes.Delivery, Limit: 1000), CancellationToken.None))
            .Select(row => row.ReadAs<DeliveryState>()),
    ];
}
