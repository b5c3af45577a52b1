using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage.Housekeeping;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Sends what is due. A node claims a delivery by a write before it sends, so that of several one does; if it dies, the
/// claim ends after a while and another tries again: at least once.
/// </summary>
internal sealed class Deliveries(
    IStateStore states, ILedger ledger, ExpiredStates expiredStates, Webhooks webhooks, WebhookSender sender, MailSender mail,
    TimeProvider time)
{
    private const int AtOnce = 32;
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>How long to wait after each failed attempt; after the last the delivery has failed.</summary>
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(6),
    ];

    /// <summary>Sends some of what is due; true where there may be more at once.</summary>
    public async Task<bool> SendAsync(CancellationToken cancellationToken)
    {
        var due = await states.ListAsync(
            new StateQuery(
                StateTypes.Delivery,
                Statuses: [DeliveryState.Pending],
                UntilBefore: time.GetUtcNow().AddMilliseconds(1),
                Limit: AtOnce),
            cancellationToken);
        await Task.WhenAll(due.Select(row => SendAsync(row, cancellationToken)));
        return due.Count == AtOnce;
    }

    /// <summary>Removes what has been kept long enough.</summary>
    public Task PurgeAsync(CancellationToken cancellationToken) => expiredStates.PurgeAsync(
        new StateQuery(
            StateTypes.Delivery,
            Statuses: [DeliveryState.Delivered, DeliveryState.Failed],
            UntilBefore: time.GetUtcNow()),
        cancellationToken);

    private async Task SendAsync(StoredState row, CancellationToken cancellationToken)
    {
        var delivery = row.ReadAs<DeliveryState>();
        var claimed = delivery with { Attempts = delivery.Attempts + 1, Until = time.GetUtcNow() + Claim };
        if (!await SaveAsync(claimed, row.Version, cancellationToken))
            return;

        var problem = claimed.MailTo is null
            ? await PostAsync(claimed, cancellationToken)
            : await mail.SendAsync(claimed, cancellationToken);
        await SaveAsync(After(claimed, problem), row.Version + 1, cancellationToken);
    }

    private async Task<string?> PostAsync(DeliveryState delivery, CancellationToken cancellationToken) =>
        await webhooks.FindAsync(delivery.ReceiverId, cancellationToken) is var (url, secret)
            ? await sender.SendAsync(url, secret, delivery, cancellationToken)
            : "The webhook is gone.";

    private DeliveryState After(DeliveryState delivery, string? problem)
    {
        var now = time.GetUtcNow();
        return problem is null
            ? delivery with { Status = DeliveryState.Delivered, Answer = null, Until = now + Kept }
            : delivery.Attempts > Pauses.Length
                ? delivery with { Status = DeliveryState.Failed, Answer = problem, Until = now + Kept }
                : delivery with { Answer = problem, Until = now + Pauses[delivery.Attempts - 1] };
    }

    private async Task<bool> SaveAsync(DeliveryState delivery, long version, CancellationToken cancellationToken)
    {
        var write = new StateWrite(
            StateTypes.Delivery, delivery.Id, version, StateJson.Write(delivery), delivery.ToIndex());
        return await ledger.CommitAsync(new LedgerElement { Writes = [write] }, cancellationToken) is CommitOutcome.Committed;
    }
}
