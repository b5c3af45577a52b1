using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// The queues of pending deliveries: each receiver has a queue per causing principal, and another for that principal's
/// denials, so that neither a slow receiver nor a principal that causes many events delays others. A queue exists while
/// it has pending deliveries.
/// </summary>
internal sealed class DeliveryQueues(IReadConnections connections)
{
    // Deliveries of earlier releases are in the queue with exactly this name.
    private const string First = DeliveryState.Pending;
    private const string Beyond = First + "0"; // The character that follows the slash.

    /// <summary>The queue of an event for a receiver.</summary>
    public static string NameOf(string receiverId, NotificationEvent happened)
    {
        var name = happened.ActorId is null ? $"{First}/{receiverId}" : $"{First}/{receiverId}/{happened.ActorId}";
        return happened.Type == EventTypes.SigningDenied ? $"{name}/denials" : name;
    }

    /// <summary>The receiver of a queue; for the queue of earlier releases, its name.</summary>
    public static string ReceiverOf(string queue) => queue.Split('/') is [_, var receiverId, ..] ? receiverId : queue;

    /// <summary>The queues with deliveries due by a time (UTC).</summary>
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

    /// <summary>The due deliveries of a queue, in order of their due time.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="now">The current time (UTC).</param>
    /// <param name="after">The last one of the previous page; null for the first page.</param>
    /// <param name="limit">The page size.</param>
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
