using System.Buffers.Text;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Silo.Network;

namespace CodeSigning.Silo.Notifications;

/// <summary>Manages webhooks. Product administrators only.</summary>
public sealed class Webhooks
{
    private const int MostWebhooks = 100;
    private const int MaxDescription = 256;
    private const int SecretLength = 32;
    private readonly IStateStore _states;
    private readonly ILedger _ledger;
    private readonly ISecretSealer _sealer;
    private readonly NotificationOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Created by the host.</summary>
    public Webhooks(IStateStore states, ILedger ledger, ISecretSealer sealer, NotificationOptions options, TimeProvider time) =>
        (_states, _ledger, _sealer, _options, _time) = (states, ledger, sealer, options, time);

    /// <summary>Creates a webhook; only this response contains its secret.</summary>
    public async Task<WebhookView> CreateAsync(Caller caller, CreateWebhook request, CancellationToken cancellationToken)
    {
        RequireAdministrator(caller);
        var url = WebhookAddress.Validate(request.Url, _options.AllowPrivateAddresses);
        var events = ValidateEvents(request.Events);
        if (request.Description?.Length > MaxDescription)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'description' is invalid: expected at most {MaxDescription} characters.");
        }

        if ((await ReadAllAsync(cancellationToken)).Length >= MostWebhooks)
        {
            throw new RefusedException(ErrorCode.Conflict, $"The maximum of {MostWebhooks} webhooks is reached: delete one first.");
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

    /// <summary>One page of webhooks, newest first.</summary>
    public async Task<Page<WebhookView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        RequireAdministrator(caller);
        var page = await _states.ReadPageAsync(
            new StateQuery(StateTypes.Webhook, Before: before, Limit: limit), cancellationToken);
        return new Page<WebhookView>([.. page.Items.Select(row => row.ReadAs<WebhookState>().ToView())], page.Next);
    }

    /// <summary>One webhook.</summary>
    public async Task<WebhookView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        RequireAdministrator(caller);
        return (await RequireAsync(id, cancellationToken)).ReadAs<WebhookState>().ToView();
    }

    /// <summary>Deletes a webhook; its pending deliveries are abandoned.</summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        RequireAdministrator(caller);
        var stored = await RequireAsync(id, cancellationToken);
        var deleted = Changes.Deleting(stored.ReadAs<WebhookState>().ToRecord());
        var change = Change.By(caller, "webhook.delete", StateTypes.Webhook, id, deleted, _time);
        await CommitAsync(change, new StateWrite(StateTypes.Webhook, id, stored.Version, null, StateIndex.None), cancellationToken);
    }

    /// <summary>One page of a webhook's deliveries, newest first.</summary>
    public async Task<Page<DeliveryView>> ListDeliveriesAsync(
        Caller caller, string id, string? before, int limit, CancellationToken cancellationToken)
    {
        RequireAdministrator(caller);
        await RequireAsync(id, cancellationToken);
        var page = await _states.ReadPageAsync(
            new StateQuery(StateTypes.Delivery, Parent: id, Before: before, Limit: limit), cancellationToken);
        return new Page<DeliveryView>([.. page.Items.Select(row => row.ReadAs<DeliveryState>().ToView())], page.Next);
    }

    internal async Task<ImmutableArray<WebhookState>> ReadAllAsync(CancellationToken cancellationToken) =>
    [
        .. (await _states.ListAsync(new StateQuery(StateTypes.Webhook, Limit: MostWebhooks), cancellationToken))
            .Select(row => row.ReadAs<WebhookState>()),
    ];

    /// <summary>The webhook with its decrypted secret; null if it was deleted.</summary>
    internal async Task<(Uri Url, byte[] Secret)?> FindAsync(string id, CancellationToken cancellationToken) =>
        await _states.ReadAsync(StateTypes.Webhook, id, cancellationToken) is { } stored
        && stored.ReadAs<WebhookState>() is { } webhook
        && _sealer.TryOpen(webhook.Secret, Context(id), out var secret)
            ? (new Uri(webhook.Url), secret)
            : null;

    /// <exception cref="RefusedException"><c>Forbidden</c>.</exception>
    internal static void RequireAdministrator(Caller caller)
    {
        if (caller.Role != ProductRole.Admin)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only product administrators may do this.");
        }
    }

    private Task CommitAsync(LedgerElement change, StateWrite write, CancellationToken cancellationToken) =>
        _ledger.RecordAsync(change.Writing(write), cancellationToken);

    private async Task<StoredState> RequireAsync(string id, CancellationToken cancellationToken) =>
        await _states.ReadAsync(StateTypes.Webhook, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The webhook does not exist.");

    private static ImmutableArray<string> ValidateEvents(ImmutableArray<string>? events) => events switch
    {
        null => EventTypes.All,
        { IsDefaultOrEmpty: false } given when given.All(EventTypes.All.Contains) => [.. given.Distinct()],
        _ => throw new RefusedException(
            ErrorCode.InvalidRequest, $"The field 'events' is invalid: expected some of {string.Join(", ", EventTypes.All)}."),
    };

    private static byte[] Context(string id) => Encoding.ASCII.GetBytes("webhook/" + id);
}

/// <summary>A stored webhook.</summary>
internal sealed record WebhookState : IIndexedState
{
    public required string Id { get; init; }

    public required string Url { get; init; }

    public required ImmutableArray<string> Events { get; init; }

    /// <summary>The encrypted signing secret.</summary>
    public required byte[] Secret { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required PrincipalRef CreatedBy { get; init; }

    public StateIndex ToIndex() => new(Status: "active");

    /// <summary>The part of the webhook that ledger entries record, without the secret.</summary>
    public object ToRecord() => new { Url, Events, Description };

    public WebhookView ToView(string? secret = null) => new(Id, Url, Events, Description, CreatedAt, CreatedBy, secret);
}

/// <summary>A webhook.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">The URL that events are posted to.</param>
/// <param name="Events">The subscribed event types.</param>
/// <param name="Description">Its description.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="CreatedBy">Who created it.</param>
/// <param name="Secret">The signing secret; only in the response to the creation.</param>
public sealed record WebhookView(
    string Id,
    string Url,
    ImmutableArray<string> Events,
    string? Description,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy,
    string? Secret = null)
{
    /// <summary>Without the secret, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(WebhookView)} {{ Id = {Id} }}";
}

/// <summary>The body that creates a webhook.</summary>
/// <param name="Url">An https URL without user, password and fragment.</param>
/// <param name="Events">The event types to subscribe to; all if not given.</param>
/// <param name="Description">Its description, at most 256 characters.</param>
public sealed record CreateWebhook(string Url, ImmutableArray<string>? Events = null, string? Description = null);

/// <summary>Validates a webhook's URL; the sender checks the resolved address at each attempt.</summary>
internal static class WebhookAddress
{
    private const int MaxLength = 1024;

    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static Uri Validate(string? text, bool allowPrivate)
    {
        if (text is null || text.Length > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.UserInfo.Length > 0 || url.Fragment.Length > 0
            || !(url.Scheme == Uri.UriSchemeHttps || (allowPrivate && url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'url' is invalid: expected an https URL of at most 1024 characters, without user, password and fragment.");
        }

        if (!allowPrivate && IPAddress.TryParse(url.IdnHost, out var address) && !PublicAddresses.IsPublic(address))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'url' is invalid: expected a public address, unless the operator allows private ones (CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES).");
        }

        return url;
    }
}
