using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Notifies of certificates that can sign for no more than 60, 30, 7 and 1 days, once each: they expire, or an external CA's
/// certificate above them does. The administrators of their signers get mail.
/// </summary>
internal sealed class ExpiringCertificates(IStateStore states, EventDeliveries deliveries, NodeSettings node, TimeProvider time)
{
    private const int MostSigners = 20;
    private static readonly int[] Days = [1, 7, 30, 60];

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // A CA above a certificate may end first, which no column tells: all are read.
        var active = new StateQuery(StateTypes.Certificate, Statuses: [CertificateWords.Active]);
        await foreach (var row in states.ReadAllAsync<CertificateState>(active, cancellationToken))
        {
            if (row.State is { Issued.NotAfter: var own, Usable.NotAfter: var end } && end > now && end < now.AddDays(Days[^1]))
            {
                await TellAsync(row.Id, row.State, end, end < own, Days.First(days => end < now.AddDays(days)), cancellationToken);
            }
        }
    }

    private async Task TellAsync(
        string id, CertificateState certificate, DateTimeOffset end, bool isOfAuthority, int days, CancellationToken cancellationToken)
    {
        // A chain can be replaced, and then ends again.
        var marker = isOfAuthority ? $"certificate:{id}:chain:{end.ToUnixTimeSeconds()}:{days}" : $"certificate:{id}:{days}";
        if (await deliveries.IsToldAsync(marker, cancellationToken))
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
        await deliveries.TellOnceAsync(
            marker, happened, new NotificationSubject.OfCertificate(certificate.Subject, [.. signers], end, days, node.PublicUrl), cancellationToken);
    }
}
