using CodeSigning.Grains.States;

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

    public StateIndex ToIndex() => new(Parent: ReceiverId, Status: Status, Until: Until);

    public DeliveryView ToView() => new(Id, EventId, EventType, Status, Attempts, Answer, CreatedAt, Status == Pending ? Until : null);
}
