using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;
using CodeSigning.Silo.Settings;
using MimeKit;
using MimeKit.Text;
using MimeKit.Utils;

namespace CodeSigning.Silo.Notifications;

/// <summary>Sends plain mail over SMTP (RFC 5321), a connection for each.</summary>
internal sealed class MailSender(NotificationOptions options, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly ParserOptions WithDomain = new() { AllowAddressesWithoutDomain = false };

    /// <summary>Sends an event; null where the mail server took it, otherwise what went wrong.</summary>
    public Task<string?> SendAsync(DeliveryState delivery, CancellationToken cancellationToken) =>
        SendAsync(
            delivery.MailTo!,
            delivery.Mail?.Subject ?? $"Code signing: {delivery.EventType}",
            delivery.Mail?.Text ?? Text(delivery),
            cancellationToken);

    /// <summary>Sends; null where the mail server took it, otherwise what went wrong.</summary>
    public async Task<string?> SendAsync(string address, string subject, string text, CancellationToken cancellationToken)
    {
        if (options.SmtpHost is null)
        {
            return "No mail server is set.";
        }

        if (!MailboxAddress.TryParse(WithDomain, options.MailFrom, out var sender))
        {
            return "CODESIGNING_MAIL_FROM is invalid: expected a mail address.";
        }

        if (!MailboxAddress.TryParse(WithDomain, address, out var recipient))
        {
            return "The recipient's mail address is invalid.";
        }

        using var message = Compose(sender, recipient, subject, text);
        return await SendAsync(message, cancellationToken);
    }

    private async Task<string?> SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using SmtpSession session = new(options);
        try
        {
            await session.SubmitAsync(message, either.Token);
            return null;
        }
        catch (Exception ended) when (SmtpSession.WasCancelled(ended))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return "The mail server took too long.";
        }
        catch (Exception failed) when (session.Explain(failed) is { } problem)
        {
            return problem;
        }
    }

    private MimeMessage Compose(MailboxAddress sender, MailboxAddress recipient, string subject, string text)
    {
        var message = new MimeMessage([sender], [recipient], subject, new TextPart(TextFormat.Plain) { Text = text })
        {
            Date = time.GetUtcNow(),
            MessageId = MimeUtils.GenerateMessageId(sender.Domain),
        };
        // RFC 3834, section 5: no one's absence notice answers it.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }

    // Mail that an earlier release left behind has the event's data alone.
    private static string Text(DeliveryState delivery)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        var data = document.RootElement.GetProperty("data");
        var lines = data.EnumerateObject()
            .Where(member => member.Value.ValueKind == JsonValueKind.String)
            .Select(member => $"{member.Name}: {member.Value.GetString()}");
        return string.Join("\n", lines.Prepend($"{delivery.EventType} at {document.RootElement.GetProperty("at").GetString()}"));
    }
}

/// <summary>Who gets mail about an event: of a request those who can decide it now, of its end the one who asked; of a change of their second factor, its owner; of the use of the break-glass account, all administrators.</summary>
internal sealed class MailRecipients(IStateStore states, NotificationOptions options)
{
    private const int Most = 100;

    /// <summary>Their addresses; none where no mail is sent.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(
        NotificationEvent happened, NotificationSubject subject, CancellationToken cancellationToken)
    {
        if (options.SmtpHost is null)
        {
            return [];
        }

        var people = await FindPeopleAsync(happened, subject, cancellationToken);
        // Who may not vote on a request is not asked to.
        HashSet<string> excluded = EventTypes.Asking.Contains(happened.Type) && subject is NotificationSubject.OfRequest { State: var asked }
            ? [asked.Requester.Id, .. asked.RequesterMakers, .. asked.Ballots.Where(ballot => !ballot.IsVoid).Select(ballot => ballot.UserId)]
            : [];
        HashSet<string> addresses = [];
        foreach (var person in people)
        {
            await AddAsync(addresses, person, excluded, cancellationToken);
        }

        return [.. addresses.Take(Most)];
    }

    private async Task<IEnumerable<PrincipalRef>> FindPeopleAsync(
        NotificationEvent happened, NotificationSubject subject, CancellationToken cancellationToken) =>
        subject switch
        {
            NotificationSubject.OfRequest request when EventTypes.Asking.Contains(happened.Type) => DecidersOf(request.State),
            NotificationSubject.OfRequest request => [RequesterOf(request.State)],
            NotificationSubject.OfGrant grant => [grant.State.Grantee],
            NotificationSubject.OfCertificate certificate => certificate.Signers
                .SelectMany(signer => signer.Members)
                .Where(member => member.Role == SignerRole.Administrator)
                .Select(member => member.Principal)
                .Distinct(),
            NotificationSubject.OfPerson when happened.Type == EventTypes.BreakGlassUsed => await ReadAdministratorsAsync(cancellationToken),
            NotificationSubject.OfPerson person => [new PrincipalRef(PrincipalKind.User, person.Id)],
            _ => [],
        };

    private async Task<IEnumerable<PrincipalRef>> ReadAdministratorsAsync(CancellationToken cancellationToken)
    {
        var active = new StateQuery(StateTypes.User, Statuses: ["active"]);
        List<PrincipalRef> administrators = [];
        await foreach (var user in states.ReadAllAsync<UserState>(active, cancellationToken))
        {
            if (user.State.Role == ProductRole.Admin)
            {
                administrators.Add(new PrincipalRef(PrincipalKind.User, user.Id));
            }
        }

        return administrators;
    }

    private async Task AddAsync(
        HashSet<string> addresses, PrincipalRef principal, HashSet<string> excluded, CancellationToken cancellationToken)
    {
        if (principal.Kind == PrincipalKind.Group
            && await states.ReadAsync(StateTypes.Group, principal.Id, cancellationToken) is { } group)
        {
            foreach (var member in group.ReadAs<GroupState>().Voters.Where(member => member.Kind == PrincipalKind.User).Take(Most))
            {
                await AddAsync(addresses, member, excluded, cancellationToken);
            }
        }
        else if (principal.Kind == PrincipalKind.User && !excluded.Contains(principal.Id)
            && await states.ReadAsync(StateTypes.User, principal.Id, cancellationToken) is { } user
            && user.ReadAs<UserState>() is { Status: PrincipalStatus.Active, Email: { Length: > 0 } email })
        {
            addresses.Add(email);
        }
    }

    // Nobody, where it was decided before the mail was written.
    private static ImmutableArray<PrincipalRef> DecidersOf(ApprovalRequestState request) =>
        request.Status == RequestStatus.Pending && request.CurrentStep < request.Policy.Steps.Length ? request.Policy.Steps[request.CurrentStep].Approvers : [];

    private static PrincipalRef RequesterOf(ApprovalRequestState request) => new(request.Requester.Kind, request.Requester.Id);
}

/// <summary>Mails people the link to the page on which they choose a password. It is sent at once and stored nowhere.</summary>
internal sealed class ResetMail(MailSender sender, DeliveryMeter meter, NotificationOptions options, NodeSettings node) : IResetMail
{
    public bool IsAvailable => options.SmtpHost is not null;

    // What follows the # is for the browser alone: it is in no server's log.
    public Uri ToLink(string token) => new($"{new Uri(node.PublicUrl, "/password-reset")}#{token}");

    public Task<string?> SendInvitationAsync(
        string address, string sentBy, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken) => SendTextAsync(
        address,
        "Code signing: you are invited",
        Text(sentBy, "made an account for you. Choose a password by this link:", token, expiresAt),
        cancellationToken);

    public Task<string?> SendAsync(
        string address, string sentBy, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken) => SendTextAsync(
        address,
        "Code signing: choose a password",
        Text(sentBy, "had this link sent to you, for you to choose a password by:", token, expiresAt),
        cancellationToken);

    private async Task<string?> SendTextAsync(string address, string subject, string text, CancellationToken cancellationToken)
    {
        var problem = await sender.SendAsync(address, subject, text, cancellationToken);
        meter.Count(DeliveryChannel.Mail, problem is null ? DeliveryOutcome.Delivered : DeliveryOutcome.GivenUp);
        return problem;
    }

    private string Text(string sentBy, string what, string token, DateTimeOffset expiresAt) =>
        $"""
        {sentBy}, an administrator of the code-signing service, {what}

        {ToLink(token)}

        It serves once, until {UtcTimeConverter.ToText(expiresAt)}. Give it to nobody: whoever has it acts as you.
        If you asked for nothing of the kind, leave it unused and ask {sentBy} why.
        """;
}
