namespace CodeSigning.Silo.Notifications;

/// <summary>A delivery in a webhook's log; kept for a week after its end.</summary>
/// <param name="Id">Its id.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventType">The event's type.</param>
/// <param name="Status"><c>pending</c>, <c>delivered</c> or <c>failed</c>.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Answer">What the last attempt came to.</param>
/// <param name="CreatedAt">When the event was taken from the ledger (UTC).</param>
/// <param name="NextAt">When it is tried next (UTC).</param>
public sealed record DeliveryView(
    string Id,
    string EventId,
    string EventType,
    string Status,
    int Attempts,
    string? Answer,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAt);
