using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Reading;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Notifies of denied signatures. It reads the ledger separately from other events, so that any number of denials
/// delays nothing else, and groups denials by caller, signer and reason: immediately after a quiet period, then every
/// ten seconds.
/// </summary>
internal sealed class DenialFeed(LedgerPages pages, IStateStore states, ILedger ledger, Webhooks webhooks, TimeProvider time)
{
    private const int EntriesAtOnce = 5000;
    private const int DenialsAtOnce = 500;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Reads the next denials if due; true if more remain.</summary>
    public async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        if (await states.ReadAsync(StateTypes.NotificationFeed, FeedState.DenialsRowId, cancellationToken) is not { } stored)
        {
            await CommitAsync([], 0, new FeedState { Numbers = await ReadStartAsync(cancellationToken) }, cancellationToken);
            return false;
        }

        var position = stored.ReadAs<FeedState>();
        var now = time.GetUtcNow();
        if (position.ToldAt is { } told && now - told < Window)
        {
            return false;
        }

        var (denials, numbers, isMore) = await ReadOnAsync(position.Numbers, cancellationToken);
        if (ReferenceEquals(numbers, position.Numbers))
        {
            return false;
        }

        var writes = await TellAsync(denials, cancellationToken);
        var next = position with { Numbers = numbers, ToldAt = isMore || denials.Count == 0 ? position.ToldAt : now };
        await CommitAsync(writes, stored.Version, next, cancellationToken);
        return isMore;
    }

    // Continues from the shared position of earlier releases, if there is one; otherwise starts at the current end.
    private async Task<ImmutableSortedDictionary<string, long>> ReadStartAsync(CancellationToken cancellationToken)
    {
        if (await states.ReadAsync(StateTypes.NotificationFeed, FeedState.RowId, cancellationToken) is { } all)
        {
            return all.ReadAs<FeedState>().Numbers;
        }

        var ends = await pages.ReadEndsAsync(cancellationToken);
        return FeedState.From(ends.Select(end => (end.Stream, end.Number)));
    }

    private async Task<(List<byte[]> Denials, ImmutableSortedDictionary<string, long> Numbers, bool IsMore)> ReadOnAsync(
        ImmutableSortedDictionary<string, long> numbers, CancellationToken cancellationToken)
    {
        List<byte[]> denials = [];
        var isMore = false;
        foreach (var end in await pages.ReadEndsAsync(cancellationToken))
        {
            var first = numbers.GetValueOrDefault(end.Stream) + 1;
            var room = DenialsAtOnce - denials.Count;
            if (first > end.Number)
            {
                continue;
            }

            if (room == 0)
            {
                return (denials, numbers, true);
            }

            var last = Math.Min(end.Number, first + EntriesAtOnce - 1);
            var found = await pages.ReadDenialsAsync(end.Stream, first, last, room, cancellationToken);
            if (found.Count == room)
            {
                last = found[^1].Number;
            }

            denials.AddRange(found.Select(one => one.Text));
            numbers = numbers.SetItem(end.Stream, last);
            isMore |= last < end.Number;
        }

        return (denials, numbers, isMore);
    }

    private async Task<List<StateWrite>> TellAsync(List<byte[]> denials, CancellationToken cancellationToken)
    {
        if (denials.Count == 0)
        {
            return [];
        }

        var receivers = (await webhooks.ReadAllAsync(cancellationToken))
            .Where(webhook => webhook.Events.Contains(EventTypes.SigningDenied))
            .ToList();
        return
        [
            .. from denial in denials.Select(Parse)
               group denial by (Text(denial, "signerId"), denial.GetProperty("actor").GetProperty("id").GetString(), Text(denial, "code")) into alike
               let happened = NotificationEvent.OfDenials([.. alike])
               from receiver in receivers
               let delivery = DeliveryState.New(receiver.Id, happened, null, time)
               select StateWrite.New(StateTypes.Delivery, delivery.Id, delivery),
        ];
    }

    private async Task CommitAsync(List<StateWrite> deliveries, long version, FeedState position, CancellationToken cancellationToken)
    {
        var write = new StateWrite(
            StateTypes.NotificationFeed, FeedState.DenialsRowId, version, StateJson.Write(position), StateIndex.None);
        // If the position is stale, another node has stored the same deliveries.
        await ledger.CommitAsync(new LedgerElement { Writes = [write, .. deliveries] }, cancellationToken);
    }

    private static JsonElement Parse(byte[] entry) => JsonElement.Parse(entry);

    private static string? Text(JsonElement entry, string member) =>
        entry.TryGetProperty(member, out var value) ? value.GetString() : null;
}
