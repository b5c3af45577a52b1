using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Reminds of requests that wait for approval when a quarter of their time is left, once each. Those that live for less than
/// an hour are not reminded of: the first mail is fresh.
/// </summary>
internal sealed class ExpiringRequests(
    IStateStore states, ILedger ledger, Webhooks webhooks, NotificationSubjects subjects, MailRecipients mail, TimeProvider time)
{
    private const int RequestsAtOnce = 500;
    private const double Part = 0.25;
    private static readonly TimeSpan ShortestLife = TimeSpan.FromHours(1);

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var query = new StateQuery(StateTypes.ApprovalRequest, Statuses: ["pending"], Limit: RequestsAtOnce);
        for (StatePage? page = null; page is null || page.Next is not null;)
        {
            page = await states.ReadPageAsync(query with { Before = page?.Next }, cancellationToken);
            foreach (var row in page.Items)
            {
                if (IsDue(row.ReadAs<ApprovalRequestState>(), now))
                {
                    await TellAsync(row.Id, cancellationToken);
                }
            }
        }
    }

    private static bool IsDue(ApprovalRequestState request, DateTimeOffset now)
    {
        var life = request.ExpiresAt - request.CreatedAt;
        return request.Status == RequestStatus.Pending && life >= ShortestLife && request.ExpiresAt > now && request.ExpiresAt - now <= life * Part;
    }

    private async Task TellAsync(string id, CancellationToken cancellationToken)
    {
        var marker = $"request:{id}:expiring";
        if (await states.ReadAsync(StateTypes.NotificationFeed, marker, cancellationToken) is not null)
        {
            return;
        }

        var raised = new NotificationEvent(
            marker, EventTypes.RequestExpiring, $"{StateTypes.ApprovalRequest}/{id}",
            NotificationEvent.Write(marker, EventTypes.RequestExpiring, UtcTimeConverter.ToText(time.GetUtcNow()), json =>
                json.WriteString("subject", $"{StateTypes.ApprovalRequest}/{id}")));
        if (await subjects.ReadAsync(raised, cancellationToken) is not { } subject)
        {
            return;
        }

        var happened = subject.AddTo(raised);
        var text = MailText.Of(happened, subject);
        var addresses = await mail.FindAsync(happened, subject, cancellationToken);
        var deliveries = (await webhooks.ReadAllAsync(cancellationToken))
            .Where(webhook => webhook.Events.Contains(EventTypes.RequestExpiring))
            .Select(webhook => DeliveryState.New(webhook.Id, happened, null, time))
            .Concat(addresses.Select(address => DeliveryState.New("mail", happened, address, time) with { Mail = text }))
            .Select(delivery => StateWrite.New(StateTypes.Delivery, delivery.Id, delivery));
        var told = new StateWrite(StateTypes.NotificationFeed, marker, 0, StateJson.Write(new FeedState()), StateIndex.None);
        await ledger.CommitAsync(new LedgerElement { Writes = [told, .. deliveries] }, cancellationToken);
    }
}
