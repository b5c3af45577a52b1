using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Approvals;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Reads events from committed administrative entries (denials are read by <see cref="DenialFeed"/>), and stores a
/// delivery for each receiver in one commit with the position in the ledger. So operations never wait for
/// notifications, none is lost by a crash, and of several nodes one wins.
/// </summary>
internal sealed class NotificationFeed(
    LedgerPages pages,
    IStateStore states,
    ILedger ledger,
    IGrainFactory grains,
    Webhooks webhooks,
    NotificationSubjects subjects,
    EventDeliveries deliveries)
{
    private const int EntriesAtOnce = 5000;
    private const int EventsAtOnce = 50;
    private const int RequestsAtOnce = 500;

    /// <summary>Actions after which pending requests may no longer be approvable.</summary>
    private static readonly string[] Reviewed = ["group.", "user.", "identity."];

    /// <summary>
    /// Reads up to the ledger's end at the start of the round; true if more remain. Later entries wait for the next
    /// interval, or the feed would run continuously while signatures are made.
    /// </summary>
    public async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        var stored = await states.ReadAsync(StateTypes.NotificationFeed, FeedState.RowId, cancellationToken);
        var ends = await pages.ReadEndsAsync(cancellationToken);
        if (stored is null)
        {
            // Entries before the first start of the feed raise no events.
            await CommitAsync(
                [], 0, new FeedState { Numbers = FeedState.From(ends.Select(end => (end.Stream, end.Number))) }, cancellationToken);
            return false;
        }

        var position = stored.ReadAs<FeedState>();
        var (events, numbers, isMore) = await ReadOnAsync(position.Numbers, ends, cancellationToken);
        if (ReferenceEquals(numbers, position.Numbers))
        {
            return false;
        }

        var writes = await TellAsync(events, cancellationToken);
        await CommitAsync(writes, stored.Version, position with { Numbers = numbers }, cancellationToken);
        return isMore;
    }

    /// <summary>The entries after a position, the next position, and whether more remain.</summary>
    private async Task<(List<byte[]> Events, ImmutableSortedDictionary<string, long> Numbers, bool IsMore)> ReadOnAsync(
        ImmutableSortedDictionary<string, long> numbers, List<StreamEnd> ends, CancellationToken cancellationToken)
    {
        List<byte[]> events = [];
        var isMore = false;
        foreach (var end in ends)
        {
            var first = numbers.GetValueOrDefault(end.Stream) + 1;
            if (first > end.Number)
            {
                continue;
            }

            var room = EventsAtOnce - events.Count;
            if (room == 0)
            {
                return (events, numbers, true);
            }

            var last = Math.Min(end.Number, first + EntriesAtOnce - 1);
            var found = await pages.ReadAdministrationAsync(end.Stream, first, last, room, cancellationToken);
            if (found.Count == room)
            {
                last = found[^1].Number;
            }

            events.AddRange(found.Select(one => one.Text));
            numbers = numbers.SetItem(end.Stream, last);
            isMore |= last < end.Number;
        }

        return (events, numbers, isMore);
    }

    private async Task<List<StateWrite>> TellAsync(List<byte[]> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return [];
        }

        var receivers = await webhooks.ReadAllAsync(cancellationToken);
        List<StateWrite> writes = [];
        var mustReview = false;
        foreach (var entry in entries)
        {
            using var document = JsonDocument.Parse(entry);
            mustReview |= IsToBeReviewedAfter(document.RootElement);
            foreach (var raised in NotificationEvent.Of(document.RootElement))
            {
                var subject = await subjects.ReadAsync(raised, cancellationToken);
                var happened = subject?.AddTo(raised) ?? raised;
                writes.AddRange(await deliveries.MakeAsync(happened, subject, receivers, cancellationToken));
            }
        }

        if (mustReview)
        {
            await ReviewAsync(cancellationToken);
        }

        return writes;
    }

    /// <summary>Lets all pending requests review their approvers; each records a change.</summary>
    private async Task ReviewAsync(CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.ApprovalRequest, Statuses: ["pending"], Limit: RequestsAtOnce);
        for (StatePage? page = null; page is null || page.Next is not null;)
        {
            page = await states.ReadPageAsync(query with { Before = page?.Next }, cancellationToken);
            foreach (var request in page.Items)
            {
                await grains.GetGrain<IApprovalRequestGrain>(request.Id).ReviewAsync(cancellationToken);
            }
        }
    }

    private async Task CommitAsync(
        IReadOnlyList<StateWrite> told, long version, FeedState position, CancellationToken cancellationToken)
    {
        var write = new StateWrite(
            StateTypes.NotificationFeed, FeedState.RowId, version, StateJson.Write(position), StateIndex.None);
        // If the position is stale, another node has stored the same deliveries.
        await ledger.CommitAsync(new LedgerElement { Writes = [write, .. told] }, cancellationToken);
    }

    private static bool IsToBeReviewedAfter(JsonElement entry) =>
        entry.TryGetProperty("action", out var action)
        && Reviewed.Any(prefix => action.GetString()!.StartsWith(prefix, StringComparison.Ordinal));
}

/// <summary>
/// The position of notifications in the ledger: the last number of each stream. One row for all nodes; denials have
/// their own.
/// </summary>
internal sealed record FeedState
{
    public const string RowId = "position";
    public const string DenialsRowId = "denials";

    public ImmutableSortedDictionary<string, long> Numbers { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>The last notification of denials (UTC).</summary>
    public DateTimeOffset? ToldAt { get; init; }

    public static ImmutableSortedDictionary<string, long> From(IEnumerable<(string Stream, long Number)> ends) =>
        ends.ToImmutableSortedDictionary(end => end.Stream, end => end.Number, StringComparer.Ordinal);
}
