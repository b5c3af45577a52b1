using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Notifications;

/// <summary>Notifies of certificates that expire within 30, 7 and 1 days, once each.</summary>
internal sealed class ExpiringCertificates(IStateStore states, ILedger ledger, Webhooks webhooks, TimeProvider time)
{
    private const int CertificatesAtOnce = 500;
    private static readonly int[] Days = [1, 7, 30];

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var query = new StateQuery(
            StateTypes.Certificate, Statuses: ["active"], UntilBefore: now.AddDays(Days[^1]), Limit: CertificatesAtOnce);
        for (StatePage? page = null; page is null || page.Next is not null;)
        {
            page = await states.ReadPageAsync(query with { Before = page?.Next }, cancellationToken);
            foreach (var row in page.Items)
            {
                if (row.ReadAs<CertificateState>().Stage is CertificateStage.Active { Certificate.NotAfter: var end } && end > now)
                {
                    await TellAsync(row.Id, end, Days.First(days => end < now.AddDays(days)), cancellationToken);
                }
            }
        }
    }

    private async Task TellAsync(string id, DateTimeOffset end, int days, CancellationToken cancellationToken)
    {
        var marker = $"certificate:{id}:{days}";
        if (await states.ReadAsync(StateTypes.NotificationFeed, marker, cancellationToken) is not null)
        {
            return;
        }

        var now = time.GetUtcNow();
        var body = NotificationEvent.Write(marker, EventTypes.CertificateExpiring, UtcTimeConverter.ToText(now), json =>
        {
            json.WriteString("certificateId", id);
            json.WriteString("notAfter", UtcTimeConverter.ToText(end));
            json.WriteNumber("withinDays", days);
        });
        var happened = new NotificationEvent(marker, EventTypes.CertificateExpiring, null, body);
        var deliveries = (await webhooks.ReadAllAsync(cancellationToken))
            .Where(webhook => webhook.Events.Contains(EventTypes.CertificateExpiring))
            .Select(webhook => DeliveryState.New(webhook.Id, happened, null, time))
            .Select(delivery => StateWrite.New(StateTypes.Delivery, delivery.Id, delivery));
        var told = new StateWrite(StateTypes.NotificationFeed, marker, 0, StateJson.Write(new FeedState()), StateIndex.None);
        await ledger.CommitAsync(new LedgerElement { Writes = [told, .. deliveries] }, cancellationToken);
    }
}
