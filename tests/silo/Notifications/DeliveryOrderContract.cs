using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>What is sent before what, and what never waits for what.</summary>
public abstract class DeliveryOrderContract(DatabaseKind kind) : StoreSuite(kind), IDisposable
{
    private const int AtOnce = 4;
    private const int AtOnceToReceiver = 16;
    private readonly CancellationTokenSource _stop = new();
    private int _ids;

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        services.AddSingleton(new NotificationOptions { AllowPrivateAddresses = true });
        services.AddSingleton<Webhooks>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<DeliveryMeter>();
        services.AddSingleton<DeliveryQueues>();
        services.AddSingleton<Deliveries>();
    });

    public override async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Deliveries.EndAsync();
        await base.DisposeAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    private Deliveries Deliveries => Node.Get<Deliveries>();

    [Fact]
    public async Task First_due_delivery_is_sent_first()
    {
        using var receiver = new Receiver(_ => true);
        var webhook = await AddWebhookAsync(receiver);
        var due = new List<string>();
        for (var i = 0; i < 5 * AtOnce; i++)
        {
            due.Add(await PutAsync(webhook, EventTypes.RequestCreated));
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        await Deliveries.BeginAsync(_stop.Token);
        await Deliveries.EndAsync();
        Assert.Equal(
            due.Chunk(AtOnce).Select(some => some.Order()),
            receiver.Received.Chunk(AtOnce).Select(some => some.Order()));
        Assert.Empty(await Node.Get<DeliveryQueues>().ReadDueNamesAsync(Time.GetUtcNow().AddDays(1), CancellationToken.None));
    }

    [Fact]
    public async Task Silent_receiver_delays_no_other_receiver()
    {
        using var dead = new Receiver(_ => false);
        using var other = new Receiver(_ => true);
        var slow = await AddWebhookAsync(dead);
        for (var i = 0; i < 100; i++)
        {
            await PutAsync(slow, EventTypes.RequestCreated);
        }

        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await Deliveries.BeginAsync(_stop.Token);
        await Eventually.HoldsAsync(() => dead.Received.Count == AtOnce, within: Eventually.Soon);
        var delivery = await PutAsync(await AddWebhookAsync(other), EventTypes.RequestCreated);
        await Deliveries.BeginAsync(_stop.Token);
        await Eventually.HoldsAsync(() => other.Received.Contains(delivery), within: Eventually.Soon);
        Assert.Equal(AtOnce, dead.Received.Count);
    }

    [Fact]
    public async Task Denials_do_not_delay_other_events()
    {
        using var receiver = new Receiver(type => type != EventTypes.SigningDenied);
        var webhook = await AddWebhookAsync(receiver);
        for (var i = 0; i < 100; i++)
        {
            await PutAsync(webhook, EventTypes.SigningDenied);
        }

        await AdvanceAsync(TimeSpan.FromSeconds(1));
        var stopped = await PutAsync(webhook, EventTypes.SignerStopped);
        await Deliveries.BeginAsync(_stop.Token);
        await Eventually.HoldsAsync(() => receiver.Received.Contains(stopped), within: Eventually.Soon);
    }

    [Fact]
    public async Task Actor_of_many_events_delays_no_other_actor()
    {
        using var receiver = new Receiver(_ => false);
        var webhook = await AddWebhookAsync(receiver);
        for (var i = 0; i < 100; i++)
        {
            await PutAsync(webhook, EventTypes.RequestCreated, actor: "usr_many");
        }

        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await Deliveries.BeginAsync(_stop.Token);
        await Eventually.HoldsAsync(() => receiver.Received.Count == AtOnce, within: Eventually.Soon);
        var delivery = await PutAsync(webhook, EventTypes.RequestCreated, actor: "usr_one");
        await Deliveries.BeginAsync(_stop.Token);
        await Eventually.HoldsAsync(() => receiver.Received.Contains(delivery), within: Eventually.Soon);
    }

    [Fact]
    public async Task Receiver_gets_few_deliveries_at_once_from_many_actors()
    {
        using var receiver = new Receiver(_ => false);
        var webhook = await AddWebhookAsync(receiver);
        for (var i = 0; i < 100; i++)
        {
            await PutAsync(webhook, EventTypes.RequestCreated, actor: $"usr_{i}");
        }

        await Deliveries.BeginAsync(_stop.Token);
        await Eventually.HoldsAsync(() => receiver.Received.Count == AtOnceToReceiver, within: Eventually.Soon);
        await Deliveries.BeginAsync(_stop.Token);
        Assert.Equal(AtOnceToReceiver, receiver.Received.Count);
    }

    [Fact]
    public async Task Pending_delivery_of_an_earlier_version_is_sent()
    {
        using var receiver = new Receiver(_ => true);
        var delivery = await PutAsync(await AddWebhookAsync(receiver), EventTypes.RequestCreated, delivery => delivery with { Queue = null });
        await Deliveries.BeginAsync(_stop.Token);
        await Deliveries.EndAsync();
        Assert.Equal([delivery], receiver.Received);
    }

    [Fact]
    public async Task Tampered_delivery_delays_no_other_delivery()
    {
        using var receiver = new Receiver(_ => true);
        var webhook = await AddWebhookAsync(receiver);
        for (var i = 0; i < 2 * AtOnce; i++)
        {
            var id = await PutAsync(webhook, EventTypes.RequestCreated);
            await Database.ExecuteAsync($"UPDATE states SET content = '{{}}' WHERE type = 'delivery' AND id = '{id}'");
        }

        var delivery = await PutAsync(webhook, EventTypes.RequestCreated);
        await Deliveries.BeginAsync(_stop.Token);
        await Deliveries.EndAsync();
        Assert.Equal([delivery], receiver.Received);
    }

    private async Task<string> AddWebhookAsync(Receiver receiver) =>
        (await Node.Get<Webhooks>().CreateAsync(Caller.System, new CreateWebhook(receiver.Url), CancellationToken.None)).Id;

    private async Task<string> PutAsync(
        string webhook, string type, Func<DeliveryState, DeliveryState>? change = null, string? actor = null)
    {
        var delivery = DeliveryState.New(webhook, new NotificationEvent($"op_{++_ids}", type, null, "{}", actor), null, Time);
        delivery = change?.Invoke(delivery) ?? delivery;
        await CommitSurelyAsync(new LedgerElement { Writes = [StateWrite.New(StateTypes.Delivery, delivery.Id, delivery)] });
        return delivery.Id;
    }
}

public sealed class SqliteDeliveryOrder() : DeliveryOrderContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlDeliveryOrder() : DeliveryOrderContract(DatabaseKind.PostgreSql);
