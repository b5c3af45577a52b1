using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Tests.Ledger.Writing;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>Ended deliveries go when their time has come, however many they are.</summary>
public abstract class DeliveryPurgeContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const int Many = 1050;
    private const int AtOnce = 100;

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        FaultyCommits.Install(services);
        services.AddSingleton(new NotificationOptions());
        services.AddSingleton<Webhooks>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<DeliveryMeter>();
        services.AddSingleton<DeliveryQueues>();
        services.AddSingleton<Deliveries>();
    });

    [Fact]
    public async Task One_round_purges_all_ended_deliveries_page_by_page()
    {
        await PutAsync([.. Enumerable.Range(0, Many).Select(i => Delivery(i, i % 2 == 0 ? DeliveryState.Delivered : DeliveryState.Failed))]);
        await PutAsync(Delivery(Many, DeliveryState.Pending));
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await PutAsync(Delivery(Many + 1, DeliveryState.Delivered));
        var before = Node.Get<FaultyCommits>().Sent;
        await Node.Get<Deliveries>().PurgeAsync(CancellationToken.None);
        Assert.Equal((Many / AtOnce) + 1, Node.Get<FaultyCommits>().Sent - before);
        var left = await Node.States.ListAsync(new StateQuery(StateTypes.Delivery), CancellationToken.None);
        Assert.Equal([Id(Many + 1), Id(Many)], left.Select(state => state.Id));
    }

    private static string Id(int i) => $"dlv_{i:D5}";

    private async Task PutAsync(params DeliveryState[] deliveries) => await CommitSurelyAsync(new LedgerElement
    {
        Writes = [.. deliveries.Select(delivery =>
            new StateWrite(StateTypes.Delivery, delivery.Id, 0, StateJson.Write(delivery), delivery.ToIndex()))],
    });

    private DeliveryState Delivery(int i, string status) => new()
    {
        Id = Id(i),
        ReceiverId = "whk_1",
        EventId = "evt_1",
        EventType = "grant.revoked",
        Body = "{}",
        Status = status,
        CreatedAt = Time.GetUtcNow(),
        Until = Time.GetUtcNow(),
    };
}

public sealed class SqliteDeliveryPurge() : DeliveryPurgeContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlDeliveryPurge() : DeliveryPurgeContract(DatabaseKind.PostgreSql);
