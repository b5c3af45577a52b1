using CodeSigning.Grains.States;
using CodeSigning.Identifiers;

namespace CodeSigning.Silo.Notifications;

/// <summary>One event on its way to one receiver, and what became of it: the delivery log.</summary>
internal sealed record DeliveryState : IIndexedState
{
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Failed = "failed";

    public required string Id { get; init; }

    /// <summary>The webhook; for mail the word <c>mail</c>.</summary>
    public required string ReceiverId { get; init; }

    public required string EventId { get; init; }

    public required string EventType { get; init; }

    public required string Body { get; init; }

    /// <summary>The address, for mail.</summary>
    public string? MailTo { get; init; }

    public string Status { get; init; } = Pending;

    public int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is tried next; once it has ended, until when it is kept.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>What the last attempt came to.</summary>
    public string? Answer { get; init; }

    /// <summary>Where it waits as long as it is pending; null for those of stores whose deliveries all waited in one queue.</summary>
    public string? Queue { get; init; }

    /// <summary>An event on its way to a receiver.</summary>
    /// <param name="receiver">The webhook's id, or the word for mail.</param>
    /// <param name="happened">The event.</param>
    /// <param name="address">The address, for mail.</param>
    /// <param name="time">The clock: it is due at once.</param>
    public static DeliveryState New(string receiver, NotificationEvent happened, string? address, TimeProvider time)
    {
        var now = time.GetUtcNow();
        return new DeliveryState
        {
            Id = EntityId.New(IdPrefixes.Delivery, time),
            ReceiverId = receiver,
            EventId = happened.Id,
            EventType = happened.Type,
            Body = happened.Body,
            MailTo = address,
            CreatedAt = now,
            Until = now,
            Queue = DeliveryQueues.NameOf(receiver, happened),
        };
    }

    /// <summary>What is pending is found by its queue, in the order in which it is due, by the index on status and end.</summary>
    public StateIndex ToIndex() => new(Parent: ReceiverId, Status: Status == Pending ? Queue ?? Pending : Status, Until: Until);

    public DeliveryView ToView() => new(Id, EventId, EventType, Status, Attempts, Answer, CreatedAt, Status == Pending ? Until : null);
}
