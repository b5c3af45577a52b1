using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Where deliveries wait: each receiver has a queue for what each principal causes and another for each one's denials, so that
/// neither a receiver that is slow nor somebody who causes many delays what others cause. A queue is there as long as something
/// waits in it.
/// </summary>
internal sealed class DeliveryQueues(IReadConnections connections)
{
    // Those of earlier versions wait in the queue that has this name alone.
    private const string First = DeliveryState.Pending;
    private const string Beyond = First + "0"; // The character that follows the slash.

    /// <summary>The queue of a receiver's deliveries of an event.</summary>
    public static string NameOf(string receiverId, NotificationEvent happened)
    {
        var name = happened.ActorId is null ? $"{First}/{receiverId}" : $"{First}/{receiverId}/{happened.ActorId}";
        return happened.Type == EventTypes.SigningDenied ? $"{name}/denials" : name;
    }

    /// <summary>The receiver whose queue it is; for the queue of earlier versions, that queue's name.</summary>
    public static string ReceiverOf(string queue) => queue.Split('/') is [_, var receiverId, ..] ? receiverId : queue;

    /// <summary>The queues in which anything is due by a time (UTC).</summary>
    public async Task<IReadOnlyList<string>> ReadDueNamesAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await connections.QueryAsync(
            """
            WITH RECURSIVE queues(name) AS (
                SELECT min(status) FROM states WHERE type = @a AND status >= @b AND status < @c
                UNION ALL
                SELECT (SELECT min(status) FROM states WHERE type = @a AND status > queues.name AND status < @c)
                FROM queues WHERE queues.name IS NOT NULL)
            SELECT name FROM queues
            WHERE name IS NOT NULL
                AND EXISTS (SELECT 1 FROM states WHERE type = @a AND status = queues.name AND until_ms <= @d)
            """,
            reader => reader.GetString(0), cancellationToken, StateTypes.Delivery, First, Beyond, now.ToUnixTimeMilliseconds());

    /// <summary>What is due in a queue, what was due first before what was due later.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="now">What is due by this time (UTC).</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<IReadOnlyList<DueDelivery>> ReadDueAsync(
        string queue, DateTimeOffset now, DueDelivery? after, int limit, CancellationToken cancellationToken) =>
        await connections.QueryAsync(
            """
            SELECT id, until_ms FROM states
            WHERE type = @a AND status = @b AND until_ms <= @c AND until_ms >= @d AND (until_ms > @d OR id > @e)
            ORDER BY until_ms, id LIMIT @f
            """,
            reader => new DueDelivery(reader.GetString(0), reader.GetInt64(1)),
            cancellationToken, StateTypes.Delivery, queue, now.ToUnixTimeMilliseconds(), after?.DueMs ?? 0, after?.Id ?? "", limit);
}

/// <summary>A delivery's place in its queue.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DueMs">When it is due, in milliseconds since 1970.</param>
internal sealed record DueDelivery(string Id, long DueMs);
