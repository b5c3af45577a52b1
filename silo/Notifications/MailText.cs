using System.Globalization;
using CodeSigning.Approvals;
using CodeSigning.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>A mail about an event. Its text says who, why, what, how much, how long and until when, with one link.</summary>
/// <param name="Subject">The subject.</param>
/// <param name="Text">The plain text.</param>
internal sealed record MailText(string Subject, string Text)
{
    /// <summary>The mail about an event of a request, a grant or an account.</summary>
    public static MailText Of(NotificationEvent happened, NotificationSubject subject) => subject switch
    {
        NotificationSubject.OfRequest request => Of(happened, request.Told),
        NotificationSubject.OfGrant grant => Of(happened, grant.Told),
        NotificationSubject.OfCertificate certificate => Of(certificate),
        NotificationSubject.OfPerson person => Of(happened, person.Page),
        _ => throw new ArgumentOutOfRangeException(nameof(subject)),
    };

    private static MailText Of(NotificationEvent happened, ToldRequest request)
    {
        var what = request.Kind switch
        {
            RequestKind.Signing => $"to sign with '{request.SignerName}'",
            RequestKind.SignerPolicy => $"to change the policy of the signer '{request.SignerName}'",
            RequestKind.PolicyEdit => $"to change the policy '{request.PolicyName}'",
            _ => "to add a person to an approver group",
        };
        var (subject, lead) = happened.Type switch
        {
            EventTypes.RequestCreated => (
                $"Approval wanted: {request.Requester.Name} asks {what}",
                $"{Who(request.Requester)} asks {what}. The request waits for your decision."),
            EventTypes.RequestAdvanced => (
                $"Approval wanted: {request.Requester.Name} asks {what}",
                $"{Who(request.Requester)} asks {what}. The steps before yours have approved, and the request waits for your decision."),
            EventTypes.RequestExpiring => (
                $"Expires soon: {request.Requester.Name} asks {what}",
                $"{Who(request.Requester)} asks {what}. The request still waits for your decision, and expires soon."),
            EventTypes.RequestApproved => ($"Approved: your request {what}", $"{By(happened)} approved your request {what}."),
            EventTypes.RequestRejected => ($"Rejected: your request {what}", $"{By(happened)} rejected your request {what}."),
            EventTypes.RequestCancelled => ($"Cancelled: your request {what}", $"{By(happened)} ended your request {what}."),
            EventTypes.RequestExpired => ($"Expired: your request {what}", $"Your request {what} expired: it was not decided in time."),
            _ => ($"Cannot be approved: your request {what}", $"Too few approvers are left for your request {what}: ask a product administrator to add some."),
        };
        return Compose(subject, lead, request.Url,
        [
            ("Comment", request.Comment, true),
            ("Reason", request.Justification, true),
            .. request.Kind == RequestKind.Signing
                ? Terms(request.RequestedSignings, WindowOf(request), request.Certificate, request.Scope)
                : [],
            ("Policy", StepOf(request), false),
            ("Request expires", EventTypes.Asking.Contains(happened.Type) || happened.Type == EventTypes.RequestUnreachable ? Show(request.ExpiresAt) : null, false),
        ]);
    }

    private static MailText Of(NotificationEvent happened, ToldGrant grant) => Compose(
        $"Revoked: your grant to sign with '{grant.SignerName}'",
        $"{By(happened)} revoked the grant of {grant.Grantee.Name ?? grant.Grantee.Id} to sign with '{grant.SignerName}'.",
        grant.Url,
        [
            ("Revoked because", grant.Reason, true),
            ("Reason of the grant", grant.Justification, true),
            .. Terms(
                grant.MaxSignings,
                grant.WindowEnd is { } end ? $"from {Show(grant.WindowStart)} until {Show(end)}" : $"from {Show(grant.WindowStart)}, without end",
                grant.Certificate,
                grant.Scope),
        ]);

    private static MailText Of(NotificationSubject.OfCertificate certificate) => Compose(
        $"Ends within {certificate.Days} days: the certificate of {Names(certificate)}",
        $"The certificate {certificate.Subject} can sign for less than {certificate.Days} days. Renew it, or bind another one to its signers.",
        certificate.Page,
        [
            ("Signers", Names(certificate), false),
            ("Ends", Show(certificate.End), false),
        ]);

    private static string Names(NotificationSubject.OfCertificate certificate) =>
        string.Join(", ", certificate.Signers.Select(signer => $"'{signer.Name}'"));

    // Whoever did it may be a thief of the session: the owner hears of it at once.
    private static MailText Of(NotificationEvent happened, Uri page)
    {
        if (happened.Type == EventTypes.BreakGlassUsed)
        {
            return Compose(
                "The break-glass account was used",
                $"{By(happened)} signed in by the break-glass account, past the identity provider. If nobody of you knows why, disable the account and read the ledger.",
                page,
                []);
        }

        var (subject, what) = happened.Type switch
        {
            EventTypes.SecondFactorEnrolled => ("A second factor was enrolled", "enrolled a second factor for your account"),
            EventTypes.SecondFactorRemoved => ("Your second factor was removed", "removed the second factor of your account"),
            EventTypes.SecondFactorReset => ("Your second factor was reset", "reset the second factor of your account"),
            EventTypes.RecoveryCodeUsed => ("A recovery code was used", "used a recovery code of your account"),
            EventTypes.PasskeyAdded => ("A passkey was added", "added a passkey to your account"),
            EventTypes.PasskeyRemoved => ("A passkey was removed", "removed a passkey of your account"),
            EventTypes.PasskeySuspect => ("A passkey may have been copied", "used a passkey of your account whose counter went back, and was refused"),
            EventTypes.RecoveryCodesRenewed => ("New recovery codes were made", "made new recovery codes for your account"),
            _ => ("Your account was changed", "changed your account"),
        };
        return Compose(
            subject, $"{By(happened)} {what}. If you know nothing of it, change your password and tell a product administrator.", page, []);
    }

    private static (string Label, string? Value, bool IsQuoted)[] Terms(
        long? signings, string window, ToldCertificate? certificate, GrantScope? scope) =>
    [
        ("Signatures", signings is { } most ? string.Create(CultureInfo.InvariantCulture, $"at most {most}") : "any number", false),
        ("Window", window, false),
        ("Certificate", CertificateOf(certificate), false),
        ("Only for", ScopeOf(scope), true),
    ];

    private static string WindowOf(ToldRequest request) => request switch
    {
        { WindowStart: { } start, WindowEnd: { } end } => $"from {Show(start)} until {Show(end)}",
        { WindowStart: { } start } => $"from {Show(start)}, without end",
        { WindowEnd: { } end } => $"from the approval until {Show(end)}",
        { RequestedWindowDuration: { } length } => $"{length} from the approval",
        _ => "from the approval, without end",
    };

    private static string? StepOf(ToldRequest request) => request switch
    {
        { Step: { } step } => string.Create(
            CultureInfo.InvariantCulture,
            $"'{request.PolicyName}', step {step} of {request.Steps}{(request.StepName is { } name ? $" ({name})" : "")}; approvals missing in it: {request.MissingApprovals}"),
        _ => $"'{request.PolicyName}'",
    };

    private static string? CertificateOf(ToldCertificate? certificate) => certificate switch
    {
        null => null,
        { Subject: { } subject } => $"{subject} (serial number {certificate.SerialNumber})",
        _ => $"SHA-256 {certificate.Thumbprint}; the signer has another one now",
    };

    private static string? ScopeOf(GrantScope? scope)
    {
        if (scope is null)
        {
            return null;
        }

        var parts = new[]
        {
            ("digests", scope.Digests), ("addresses", scope.IpAddresses), ("hosts", scope.Hostnames), ("tools", scope.Tools),
        };
        return string.Join('\n', parts.Where(part => part.Item2 is not null).Select(part => $"{part.Item1}: {string.Join(", ", part.Item2!.Value.Take(10))}"));
    }

    private static string By(NotificationEvent happened) => happened.ActorName ?? "The service";

    private static string Who(Actor actor) => actor.Kind == PrincipalKind.Identity ? $"The machine identity {actor.Name}" : actor.Name;

    private static string Show(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    // What people wrote is quoted line by line, so that it cannot pass for lines of ours.
    private static MailText Compose(string subject, string lead, Uri link, IEnumerable<(string Label, string? Value, bool IsQuoted)> facts)
    {
        List<string> lines = [lead, ""];
        foreach (var (label, value, isQuoted) in facts.Where(fact => !string.IsNullOrEmpty(fact.Value)))
        {
            if (isQuoted)
            {
                lines.Add($"{label}:");
                lines.AddRange(value!.ReplaceLineEndings("\n").Split('\n').Select(line => $"> {Printable(line)}"));
            }
            else
            {
                lines.Add($"{label}: {value}");
            }
        }

        return new MailText($"Code signing: {Printable(subject)}", string.Join('\n', [.. lines, "", link.ToString()]));
    }

    private static string Printable(string line) => string.Concat(line.Select(character => char.IsControl(character) ? ' ' : character));
}
