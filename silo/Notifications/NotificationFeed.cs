using System.Text.Json;
using CodeSigning.Approvals;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Silo.Ledger.Export;
using Orleans;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Takes events from committed ledger entries and puts a delivery for each receiver into the store, in one commit with the
/// position up to which the ledger was read. So an operation never waits for a notification, none is lost by a crash, and
/// of several nodes that read the same entries one wins.
/// </summary>
internal sealed class NotificationFeed(
    LedgerPages pages, IStateStore states, ILedger ledger, IGrainFactory grains, Webhooks webhooks, MailRecipients mail, TimeProvider time)
{
    private const int EntriesAtOnce = 5000;
    private const int EventsAtOnce = 200;
    private const int RequestsAtOnce = 1000;

    /// <summary>After these, steps of requests that wait may no longer be filled.</summary>
    private static readonly string[] Reviewed = ["group.", "user.", "identity."];

    /// <summary>Reads on; true where there may be more at once.</summary>
    public async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        var stored = await states.ReadAsync(StateTypes.NotificationFeed, FeedState.RowId, cancellationToken);
        var ends = await pages.ReadEndsAsync(cancellationToken);
        if (stored is null)
        {
            // What happened before anybody listened is not told.
            await CommitAsync(
                [], 0, new FeedState { Numbers = FeedState.From(ends.Select(end => (end.Stream, end.Number))) }, cancellationToken);
            return false;
        }

        var position = stored.ReadAs<FeedState>();
        foreach (var end in ends)
        {
            var first = position.Numbers.GetValueOrDefault(end.Stream) + 1;
            if (first > end.Number)
                continue;

            var last = Math.Min(end.Number, first + EntriesAtOnce - 1);
            var events = await pages.ReadEventsAsync(end.Stream, first, last, EventsAtOnce, cancellationToken);
            if (events.Count == EventsAtOnce)
                last = events[^1].Number;

            var writes = await TellAsync(events, cancellationToken);
            var next = position with { Numbers = position.Numbers.SetItem(end.Stream, last) };
            await CommitAsync(writes, stored.Version, next, cancellationToken);
            return true;
        }

        return false;
    }

    private async Task<List<StateWrite>> TellAsync(List<EntryRow> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
            return [];

        var receivers = await webhooks.ReadAllAsync(cancellationToken);
        List<StateWrite> writes = [];
        var mustReview = false;
        foreach (var entry in entries)
        {
            mustReview |= Concerns(entry.Text);
            if (NotificationEvent.Of(entry.Text) is not { } happened)
                continue;

            writes.AddRange(receivers
                .Where(webhook => webhook.Events.Contains(happened.Type))
                .Select(webhook => Write(webhook.Id, happened, null)));
            writes.AddRange((await mail.FindAsync(happened, cancellationToken)).Select(address => Write("mail", happened, address)));
        }

        if (mustReview)
            await ReviewAsync(cancellationToken);

        return writes;
    }

    /// <summary>Tells all requests that wait to look at their approvers again; each notes it if that changed something.</summary>
    private async Task ReviewAsync(CancellationToken cancellationToken)
    {
        var waiting = await states.ListAsync(
            new StateQuery(StateTypes.ApprovalRequest, Statuses: ["pending"], Limit: RequestsAtOnce), cancellationToken);
        foreach (var request in waiting)
            await grains.GetGrain<IApprovalRequestGrain>(request.Id).ReviewAsync(cancellationToken);
    }

    private async Task CommitAsync(
        IReadOnlyList<StateWrite> deliveries, long version, FeedState position, CancellationToken cancellationToken)
    {
        var write = new StateWrite(
            StateTypes.NotificationFeed, FeedState.RowId, version, StateJson.Write(position), StateIndex.None);
        // A stale position means that another node was first: it has put the same deliveries there.
        await ledger.CommitAsync(new LedgerElement { Writes = [write, .. deliveries] }, cancellationToken);
    }

    private StateWrite Write(string receiver, NotificationEvent happened, string? address)
    {
        var now = time.GetUtcNow();
        var delivery = new DeliveryState
        {
            Id = EntityId.New(IdPrefixes.Delivery, time),
            ReceiverId = receiver,
            EventId = happened.Id,
            EventType = happened.Type,
            Body = happened.Body,
            MailTo = address,
            CreatedAt = now,
            Until = now,
        };
        return new StateWrite(StateTypes.Delivery, delivery.Id, 0, StateJson.Write(delivery), delivery.ToIndex());
    }

    private static bool Concerns(byte[] entry)
    {
        using var document = JsonDocument.Parse(entry);
        return document.RootElement.TryGetProperty("action", out var action)
            && Reviewed.Any(prefix => action.GetString()!.StartsWith(prefix, StringComparison.Ordinal));
    }
}
