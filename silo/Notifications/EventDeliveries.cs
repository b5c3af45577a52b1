using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Notifications;

/// <summary>Makes the deliveries of events: one for each webhook that has the event's type, and one for each address that gets mail.</summary>
internal sealed class EventDeliveries(IStateStore states, ILedger ledger, Webhooks webhooks, MailRecipients mail, TimeProvider time)
{
    /// <summary>The writes of an event's deliveries.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="subject">What it is about; null for an event that nobody gets mail of.</param>
    /// <param name="receivers">The webhooks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<List<StateWrite>> MakeAsync(
        NotificationEvent happened, NotificationSubject? subject, IEnumerable<WebhookState> receivers, CancellationToken cancellationToken)
    {
        var deliveries = receivers
            .Where(webhook => webhook.Events.Contains(happened.Type))
            .Select(webhook => DeliveryState.New(webhook.Id, happened, null, time));
        if (subject is not null)
        {
            var text = MailText.Of(happened, subject);
            var addresses = await mail.FindAsync(happened, subject, cancellationToken);
            deliveries = deliveries.Concat(addresses.Select(address => DeliveryState.New("mail", happened, address, time) with { Mail = text }));
        }

        return [.. deliveries.Select(delivery => StateWrite.New(StateTypes.Delivery, delivery.Id, delivery))];
    }

    /// <summary>Whether an event was told already, by the marker that <see cref="TellOnceAsync"/> left.</summary>
    public async Task<bool> IsToldAsync(string marker, CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.NotificationFeed, marker, cancellationToken) is not null;

    /// <summary>Stores an event's deliveries with a marker, in one commit; of several nodes one does.</summary>
    public async Task TellOnceAsync(
        string marker, NotificationEvent happened, NotificationSubject subject, CancellationToken cancellationToken)
    {
        var deliveries = await MakeAsync(happened, subject, await webhooks.ReadAllAsync(cancellationToken), cancellationToken);
        var told = new StateWrite(StateTypes.NotificationFeed, marker, 0, StateJson.Write(new FeedState()), StateIndex.None);
        await ledger.CommitAsync(new LedgerElement { Writes = [told, .. deliveries] }, cancellationToken);
    }
}
