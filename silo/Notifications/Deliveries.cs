using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Silo.Housekeeping;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Sends due deliveries, each queue independently. A node claims a delivery with a write before it sends, so that only
/// one of several nodes sends it; if the node dies, the claim expires and another retries: at-least-once delivery.
/// </summary>
internal sealed class Deliveries(
    IStateStore states,
    ILedger ledger,
    ExpiredStates expiredStates,
    DeliveryQueues queues,
    Webhooks webhooks,
    WebhookSender sender,
    MailSender mail,
    DeliveryMeter meter,
    TimeProvider time,
    ILogger<Deliveries> log)
{
    private const int AtOnce = 4;
    private const int AtOnceToReceiver = 16;
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>The delays after failed attempts; after the last one the delivery has failed.</summary>
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(6),
    ];

    private readonly Dictionary<string, Task> _emptying = [];
    private readonly Dictionary<string, SemaphoreSlim> _slots = [];

    /// <summary>
    /// Starts sending the due deliveries of each queue not in progress, without waiting for receivers. Not reentrant.
    /// </summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        ForgetEnded();
        foreach (var queue in await queues.ReadDueNamesAsync(time.GetUtcNow(), cancellationToken))
        {
            if (!_emptying.ContainsKey(queue))
            {
                _emptying.Add(queue, TryEmptyAsync(queue, SlotsOf(DeliveryQueues.ReceiverOf(queue)), cancellationToken));
            }
        }
    }

    /// <summary>Waits for the sends in progress.</summary>
    public Task EndAsync() => Task.WhenAll(_emptying.Values);

    /// <summary>Removes deliveries past their retention.</summary>
    public Task PurgeAsync(CancellationToken cancellationToken) => expiredStates.PurgeAsync(
        new StateQuery(
            StateTypes.Delivery,
            Statuses: [DeliveryState.Delivered, DeliveryState.Failed],
            UntilBefore: time.GetUtcNow()),
        cancellationToken);

    private void ForgetEnded()
    {
        foreach (var queue in _emptying.Where(queue => queue.Value.IsCompleted).Select(queue => queue.Key).ToList())
        {
            _emptying.Remove(queue);
        }

        foreach (var receiver in _slots.Keys.Except(_emptying.Keys.Select(DeliveryQueues.ReceiverOf)).ToList())
        {
            _slots[receiver].Dispose();
            _slots.Remove(receiver);
        }
    }

    // Bounds the concurrent sends to a receiver across its queues.
    private SemaphoreSlim SlotsOf(string receiver)
    {
        if (!_slots.TryGetValue(receiver, out var slots))
        {
            _slots.Add(receiver, slots = new SemaphoreSlim(AtOnceToReceiver));
        }

        return slots;
    }

    private async Task TryEmptyAsync(string queue, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        try
        {
            await EmptyAsync(queue, slots, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host is stopping; pending work continues after the next start.
        }
        catch (Exception exception)
        {
            // A failing queue must not stop the others.
            log.LogWarning(exception, "The deliveries of the queue {Queue} failed and will be retried", queue);
        }
    }

    private async Task EmptyAsync(string queue, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        DueDelivery? last = null;
        while (true)
        {
            var due = await queues.ReadDueAsync(queue, time.GetUtcNow(), last, AtOnce, cancellationToken);
            await Task.WhenAll(due.Select(one => SendAsync(one.Id, slots, cancellationToken)));
            if (due.Count < AtOnce)
            {
                return;
            }

            last = due[^1];
        }
    }

    private async Task SendAsync(string id, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        try
        {
            if (await states.ReadAsync(StateTypes.Delivery, id, cancellationToken) is { } row)
            {
                await SendAsync(row, cancellationToken);
            }
        }
        catch (StateTamperedException tampered)
        {
            log.LogError(tampered, "The delivery {Id} was not sent because it was changed outside the service: verify the ledger", id);
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task SendAsync(StoredState row, CancellationToken cancellationToken)
    {
        var delivery = row.ReadAs<DeliveryState>();
        var claimed = delivery with { Attempts = delivery.Attempts + 1, Until = time.GetUtcNow() + Claim };
        if (delivery.Status != DeliveryState.Pending || delivery.Until > time.GetUtcNow()
            || !await SaveAsync(claimed, row.Version, cancellationToken))
        {
            return; // Another node was first.
        }

        var problem = claimed.MailTo is null
            ? await PostAsync(claimed, cancellationToken)
            : await mail.SendAsync(claimed, cancellationToken);
        var after = After(claimed, problem);
        meter.Count(claimed.MailTo is null ? DeliveryChannel.Webhook : DeliveryChannel.Mail, OutcomeOf(after));
        await SaveAsync(after, row.Version + 1, cancellationToken);
    }

    private async Task<string?> PostAsync(DeliveryState delivery, CancellationToken cancellationToken) =>
        await webhooks.FindAsync(delivery.ReceiverId, cancellationToken) is var (url, secret)
            ? await sender.SendAsync(url, secret, delivery, cancellationToken)
            : "The webhook was deleted.";

    private DeliveryState After(DeliveryState delivery, string? problem)
    {
        var now = time.GetUtcNow();
        return problem is null
            ? delivery with { Status = DeliveryState.Delivered, Answer = null, Until = now + Kept }
            : delivery.Attempts > Pauses.Length
                ? delivery with { Status = DeliveryState.Failed, Answer = problem, Until = now + Kept }
                : delivery with { Answer = problem, Until = now + Pauses[delivery.Attempts - 1] };
    }

    private static DeliveryOutcome OutcomeOf(DeliveryState after) => after.Status switch
    {
        DeliveryState.Delivered => DeliveryOutcome.Delivered,
        DeliveryState.Failed => DeliveryOutcome.GivenUp,
        _ => DeliveryOutcome.Failed,
    };

    private async Task<bool> SaveAsync(DeliveryState delivery, long version, CancellationToken cancellationToken)
    {
        var write = new StateWrite(
            StateTypes.Delivery, delivery.Id, version, StateJson.Write(delivery), delivery.ToIndex());
        return await ledger.CommitAsync(new LedgerElement { Writes = [write] }, cancellationToken) is CommitOutcome.Committed;
    }
}

/// <summary>The delivery of one event to one receiver, kept as the delivery log.</summary>
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

    /// <summary>The mail; null for a webhook, and for mail of earlier releases.</summary>
    public MailText? Mail { get; init; }

    public string Status { get; init; } = Pending;

    public int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The next attempt; after its end, the end of its retention.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The error of the last attempt.</summary>
    public string? Answer { get; init; }

    /// <summary>Its queue while pending; null for deliveries of earlier releases, which had one queue.</summary>
    public string? Queue { get; init; }

    /// <summary>Creates a pending delivery, due immediately.</summary>
    /// <param name="receiver">The webhook's id, or the word for mail.</param>
    /// <param name="happened">The event.</param>
    /// <param name="address">The address, for mail.</param>
    /// <param name="time">The clock.</param>
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

    /// <summary>
    /// Pending deliveries are found by queue, in order of their due time, through the index on status and end.
    /// </summary>
    public StateIndex ToIndex() => new(Parent: ReceiverId, Status: Status == Pending ? Queue ?? Pending : Status, Until: Until);

    public DeliveryView ToView() => new(Id, EventId, EventType, Status, Attempts, Answer, CreatedAt, Status == Pending ? Until : null);
}

/// <summary>A delivery in a webhook's log; kept for a week after its end.</summary>
/// <param name="Id">Its id.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventType">The event's type.</param>
/// <param name="Status"><c>pending</c>, <c>delivered</c> or <c>failed</c>.</param>
/// <param name="Attempts">The number of attempts.</param>
/// <param name="Answer">The error of the last attempt.</param>
/// <param name="CreatedAt">When the event was read from the ledger (UTC).</param>
/// <param name="NextAt">The next attempt (UTC).</param>
public sealed record DeliveryView(
    string Id,
    string EventId,
    string EventType,
    string Status,
    int Attempts,
    string? Answer,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAt);
