using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Notifies of certificates that can sign for no more than 60, 30, 7 and 1 days, once each: they expire, or an external CA's
/// certificate above them does. The administrators of their signers get mail.
/// </summary>
internal sealed class ExpiringCertificates(
    IStateStore states, ILedger ledger, Webhooks webhooks, MailRecipients mail, NodeSettings node, TimeProvider time)
{
    private const int CertificatesAtOnce = 500;
    private const int MostSigners = 20;
    private static readonly int[] Days = [1, 7, 30, 60];

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // A CA above a certificate may end first, which no column tells: all are read.
        var query = new StateQuery(StateTypes.Certificate, Statuses: [CertificateWords.Active], Limit: CertificatesAtOnce);
        for (StatePage? page = null; page is null || page.Next is not null;)
        {
            page = await states.ReadPageAsync(query with { Before = page?.Next }, cancellationToken);
            foreach (var row in page.Items)
            {
                var certificate = row.ReadAs<CertificateState>();
                if (certificate is { Issued.NotAfter: var own, Usable.NotAfter: var end } && end > now && end < now.AddDays(Days[^1]))
                {
                    await TellAsync(row.Id, certificate, end, end < own, Days.First(days => end < now.AddDays(days)), cancellationToken);
                }
            }
        }
    }

    private async Task TellAsync(
        string id, CertificateState certificate, DateTimeOffset end, bool isOfAuthority, int days, CancellationToken cancellationToken)
    {
        // A chain can be replaced, and then ends again.
        var marker = isOfAuthority ? $"certificate:{id}:chain:{end.ToUnixTimeSeconds()}:{days}" : $"certificate:{id}:{days}";
        if (await states.ReadAsync(StateTypes.NotificationFeed, marker, cancellationToken) is not null)
        {
            return;
        }

        var rows = await states.ListAsync(
            new StateQuery(StateTypes.Signer, Parent: id, Statuses: ["active", "disabled"], Limit: MostSigners), cancellationToken);
        SignerState[] signers = [.. rows.Select(row => row.ReadAs<SignerState>()).Where(signer => !signer.IsDeleted)];
        var now = time.GetUtcNow();
        var body = NotificationEvent.Write(marker, EventTypes.CertificateExpiring, UtcTimeConverter.ToText(now), json =>
        {
            json.WriteString("certificateId", id);
            json.WriteString("certificateSubject", certificate.Subject);
            json.WriteString("certificateSerial", certificate.Issued?.SerialNumber);
            json.WriteStartArray("signers");
            foreach (var signer in signers)
            {
                json.WriteStringValue(signer.Name);
            }

            json.WriteEndArray();
            json.WriteString("notAfter", UtcTimeConverter.ToText(end));
            json.WriteNumber("withinDays", days);
            json.WriteBoolean("endsWithAuthority", isOfAuthority);
        });
        var happened = new NotificationEvent(marker, EventTypes.CertificateExpiring, null, body);
        var deliveries = (await webhooks.ReadAllAsync(cancellationToken))
            .Where(webhook => webhook.Events.Contains(EventTypes.CertificateExpiring))
            .Select(webhook => DeliveryState.New(webhook.Id, happened, null, time))
            .Concat(await MailAsync(
                happened, new NotificationSubject.OfCertificate(certificate.Subject, [.. signers], end, days, node.PublicUrl), cancellationToken))
            .Select(delivery => StateWrite.New(StateTypes.Delivery, delivery.Id, delivery));
        var told = new StateWrite(StateTypes.NotificationFeed, marker, 0, StateJson.Write(new FeedState()), StateIndex.None);
        await ledger.CommitAsync(new LedgerElement { Writes = [told, .. deliveries] }, cancellationToken);
    }

    private async Task<IEnumerable<DeliveryState>> MailAsync(
        NotificationEvent happened, NotificationSubject subject, CancellationToken cancellationToken)
    {
        var text = MailText.Of(happened, subject);
        return (await mail.FindAsync(happened, subject, cancellationToken))
            .Select(address => DeliveryState.New("mail", happened, address, time) with { Mail = text });
    }
}
