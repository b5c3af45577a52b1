using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Sends a test while the caller waits, so that an administrator sees at once what would go wrong later. Product
/// administrators only; each test is an entry of the ledger.
/// </summary>
public sealed class TestDeliveries
{
    /// <summary>The type of the event that a webhook gets; none can subscribe to it.</summary>
    public const string EventType = "webhook.test";

    private const string Mail = "mail";
    private static readonly BudgetRule OfEach = new(AtOnce: 5, PerSecond: 1d / 12);

    private readonly IStateStore _states;
    private readonly ILedger _ledger;
    private readonly Webhooks _webhooks;
    private readonly WebhookSender _posts;
    private readonly MailSender _mail;
    private readonly NotificationOptions _options;
    private readonly TimeProvider _time;
    private readonly PrincipalBudget _budget;

    internal TestDeliveries(
        IStateStore states, ILedger ledger, Webhooks webhooks, WebhookSender posts, MailSender mail, NotificationOptions options, TimeProvider time)
    {
        (_states, _ledger, _webhooks, _posts, _mail, _options, _time) = (states, ledger, webhooks, posts, mail, options, time);
        _budget = new PrincipalBudget(OfEach, time);
    }

    /// <summary>Mails a test to the caller's own address.</summary>
    /// <exception cref="RefusedException">
    /// <c>Forbidden</c>; <c>WrongState</c> where no mail server is set, or the caller has no address; <c>RateLimited</c>.
    /// </exception>
    public async Task<TestDelivery> SendMailAsync(Caller caller, CancellationToken cancellationToken)
    {
        Webhooks.RequireAdministrator(caller);
        if (_options.SmtpHost is null)
        {
            throw new RefusedException(ErrorCode.WrongState, "The server sends no mail: the operator sets CODESIGNING_SMTP_HOST.");
        }

        var person = await _states.ReadAsync(StateTypes.User, caller.Id, cancellationToken);
        if (person?.ReadAs<UserState>().Email is not { Length: > 0 } address)
        {
            throw new RefusedException(ErrorCode.WrongState, "Your account has no email address to send a test to.");
        }

        await BeginAsync(caller, "mail.test", Mail, "test", cancellationToken);
        var problem = await _mail.SendAsync(
            address, "Code signing: a test", $"{caller.Name} had this test sent by the code-signing server at {_options.PublicUrl}. Its mail arrives.", cancellationToken);
        return new TestDelivery(problem is null, address, problem);
    }

    /// <summary>Posts a test event to a webhook; it is sent once, and is no delivery of the list.</summary>
    /// <exception cref="RefusedException"><c>Forbidden</c>, <c>NotFound</c>, <c>RateLimited</c>.</exception>
    public async Task<TestDelivery> SendWebhookAsync(Caller caller, string webhookId, CancellationToken cancellationToken)
    {
        var webhook = await _webhooks.GetAsync(caller, webhookId, cancellationToken);
        await BeginAsync(caller, "webhook.test", StateTypes.Webhook, webhookId, cancellationToken);
        if (await _webhooks.FindAsync(webhookId, cancellationToken) is not { } found)
        {
            throw new RefusedException(ErrorCode.NotFound, "The webhook does not exist.");
        }

        var problem = await _posts.SendAsync(found.Url, found.Secret, DeliveryState.New(webhookId, EventOf(caller), null, _time), cancellationToken);
        return new TestDelivery(problem is null, webhook.Url, problem);
    }

    private NotificationEvent EventOf(Caller caller)
    {
        var id = EntityId.New(IdPrefixes.Operation, _time);
        var body = NotificationEvent.Write(id, EventType, UtcTimeConverter.ToText(_time.GetUtcNow()), json => json.WriteString("by"u8, caller.Name));
        return new NotificationEvent(id, EventType, null, body, caller.Id, caller.Name);
    }

    private async Task BeginAsync(Caller caller, string action, string subjectType, string subjectId, CancellationToken cancellationToken)
    {
        if (!_budget.TrySpend(caller.Id, out var wait))
        {
            throw new RefusedException(ErrorCode.RateLimited, "Too many tests: retry after the time in Retry-After.") { RetryAfter = wait };
        }

        await _ledger.RecordAsync(Change.By(caller, action, subjectType, subjectId, Changes.None, _time), cancellationToken);
    }
}

/// <summary>What became of a test.</summary>
/// <param name="IsDelivered">Whether the receiver took it.</param>
/// <param name="Receiver">The mail address or the URL that it went to.</param>
/// <param name="Problem">What went wrong; null if it was taken.</param>
public sealed record TestDelivery(bool IsDelivered, string Receiver, string? Problem);
