using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;

namespace CodeSigning.Silo.Notifications;

/// <summary>Tells of certificates that end within 30, 7 and 1 days, once for each.</summary>
internal sealed class ExpiringCertificates(IStateStore states, ILedger ledger, Webhooks webhooks, TimeProvider time)
{
    private static readonly int[] Days = [1, 7, 30];

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var ending = await states.ListAsync(
            new StateQuery(
                StateTypes.Certificate, Statuses: ["active"], UntilBefore: now.AddDays(Days[^1]), Limit: 1000),
            cancellationToken);
        foreach (var row in ending)
        {
            if (row.ReadAs<CertificateState>().Stage is CertificateStage.Active { Certificate.NotAfter: var end } && end > now)
                await TellAsync(row.Id, end, Days.First(days => end < now.AddDays(days)), cancellationToken);
        }
    }

    private async Task TellAsync(string id, DateTimeOffset end, int days, CancellationToken cancellationToken)
    {
        var marker = $"certificate:{id}:{days}";
        if (await states.ReadAsync(StateTypes.NotificationFeed, marker, cancellationToken) is not null)
            return;

        var now = time.GetUtcNow();
        var body = NotificationEvent.Write(marker, EventTypes.CertificateExpiring, UtcTimeConverter.ToText(now), json =>
        {
            json.WriteString("certificateId", id);
            json.WriteString("notAfter", UtcTimeConverter.ToText(end));
            json.WriteNumber("withinDays", days);
        });
        var deliveries = (await webhooks.ReadAllAsync(cancellationToken))
            .Where(webhook => webhook.Events.Contains(EventTypes.CertificateExpiring))
            .Select(webhook => new DeliveryState
            {
                Id = EntityId.New(IdPrefixes.Delivery, time),
                ReceiverId = webhook.Id,
                EventId = marker,
                EventType = EventTypes.CertificateExpiring,
                Body = body,
                CreatedAt = now,
                Until = now,
            })
            .Select(delivery => new StateWrite(StateTypes.Delivery, delivery.Id, 0, StateJson.Write(delivery), delivery.ToIndex()));
        var told = new StateWrite(StateTypes.NotificationFeed, marker, 0, StateJson.Write(new FeedState()), StateIndex.None);
        await ledger.CommitAsync(new LedgerElement { Writes = [told, .. deliveries] }, cancellationToken);
    }
}
