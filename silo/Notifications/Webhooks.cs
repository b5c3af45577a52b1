using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Notifications;

/// <summary>The webhooks: product administrators make, read and delete them.</summary>
public sealed class Webhooks
{
    private const int MostWebhooks = 100;
    private const int MaxDescription = 256;
    private const int SecretLength = 32;
    private readonly IStateStore _states;
    private readonly ILedger _ledger;
    private readonly IAnswerSealer _sealer;
    private readonly NotificationOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Made by the host.</summary>
    public Webhooks(IStateStore states, ILedger ledger, IAnswerSealer sealer, NotificationOptions options, TimeProvider time) =>
        (_states, _ledger, _sealer, _options, _time) = (states, ledger, sealer, options, time);

    /// <summary>Makes one; the answer holds its secret, this once.</summary>
    public async Task<WebhookView> CreateAsync(Caller caller, CreateWebhook request, CancellationToken cancellationToken)
    {
        DemandAdministrator(caller);
        var url = WebhookAddress.Demand(request.Url, _options.AllowPrivateAddresses);
        var events = DemandEvents(request.Events);
        if (request.Description?.Length > MaxDescription)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"A description has at most {MaxDescription} characters.");
        }

        if ((await ReadAllAsync(cancellationToken)).Length >= MostWebhooks)
        {
            throw new RefusedException(ErrorCode.Conflict, $"There are {MostWebhooks} webhooks already. Delete one first.");
        }

        var id = EntityId.New(IdPrefixes.Webhook, _time);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretLength));
        var state = new WebhookState
        {
            Id = id,
            Url = url.ToString(),
            Events = events,
            Secret = _sealer.Seal(Encoding.ASCII.GetBytes(secret), Context(id)),
            Description = request.Description,
            CreatedAt = _time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        var view = state.ToView(secret);
        var change = Change
            .By(caller, "webhook.create", StateTypes.Webhook, id, Changes.Making(state.ToRecord()), _time)
            .Answering(caller, view);
        await CommitAsync(change, new StateWrite(StateTypes.Webhook, id, 0, StateJson.Write(state), state.ToIndex()), cancellationToken);
        return view;
    }

    /// <summary>One page of them, newest first.</summary>
    public async Task<Page<WebhookView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        DemandAdministrator(caller);
        var page = await _states.ReadPageAsync(
            new StateQuery(StateTypes.Webhook, Before: before, Limit: limit), cancellationToken);
        return new Page<WebhookView>([.. page.Items.Select(row => row.ReadAs<WebhookState>().ToView())], page.Next);
    }

    /// <summary>One of them.</summary>
    public async Task<WebhookView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        DemandAdministrator(caller);
        return (await DemandAsync(id, cancellationToken)).ReadAs<WebhookState>().ToView();
    }

    /// <summary>Deletes one; what is under way to it is given up.</summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        DemandAdministrator(caller);
        var stored = await DemandAsync(id, cancellationToken);
        var deleted = Changes.Deleting(stored.ReadAs<WebhookState>().ToRecord());
        var change = Change.By(caller, "webhook.delete", StateTypes.Webhook, id, deleted, _time);
        await CommitAsync(change, new StateWrite(StateTypes.Webhook, id, stored.Version, null, StateIndex.None), cancellationToken);
    }

    /// <summary>One page of a webhook's deliveries, newest first.</summary>
    public async Task<Page<DeliveryView>> ListDeliveriesAsync(
        Caller caller, string id, string? before, int limit, CancellationToken cancellationToken)
    {
        DemandAdministrator(caller);
        await DemandAsync(id, cancellationToken);
        var page = await _states.ReadPageAsync(
            new StateQuery(StateTypes.Delivery, Parent: id, Before: before, Limit: limit), cancellationToken);
        return new Page<DeliveryView>([.. page.Items.Select(row => row.ReadAs<DeliveryState>().ToView())], page.Next);
    }

    internal async Task<ImmutableArray<WebhookState>> ReadAllAsync(CancellationToken cancellationToken) =>
    [
        .. (await _states.ListAsync(new StateQuery(StateTypes.Webhook, Limit: MostWebhooks), cancellationToken))
            .Select(row => row.ReadAs<WebhookState>()),
    ];

    /// <summary>The webhook with its secret in the clear; null where it is gone.</summary>
    internal async Task<(Uri Url, byte[] Secret)?> FindAsync(string id, CancellationToken cancellationToken) =>
        await _states.ReadAsync(StateTypes.Webhook, id, cancellationToken) is { } stored
        && stored.ReadAs<WebhookState>() is { } webhook
        && _sealer.TryOpen(webhook.Secret, Context(id), out var secret)
            ? (new Uri(webhook.Url), secret)
            : null;

    private Task CommitAsync(LedgerElement change, StateWrite write, CancellationToken cancellationToken) =>
        _ledger.RecordAsync(change.Writing(write), cancellationToken);

    private async Task<StoredState> DemandAsync(string id, CancellationToken cancellationToken) =>
        await _states.ReadAsync(StateTypes.Webhook, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "There is no such webhook.");

    private static ImmutableArray<string> DemandEvents(ImmutableArray<string>? events) => events switch
    {
        null => EventTypes.All,
        { IsDefaultOrEmpty: false } given when given.All(EventTypes.All.Contains) => [.. given.Distinct()],
        _ => throw new RefusedException(
            ErrorCode.InvalidRequest, $"Events are some of {string.Join(", ", EventTypes.All)}."),
    };

    private static void DemandAdministrator(Caller caller)
    {
        if (caller.Role != ProductRole.Admin)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only product administrators may do this.");
        }
    }

    private static byte[] Context(string id) => Encoding.ASCII.GetBytes("webhook/" + id);
}
