using CodeSigning.Contract;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Silo.Hosting;

namespace CodeSigning.Silo.Notifications;

/// <summary>Mails people the link to the page on which they choose a password. It is sent at once and stored nowhere.</summary>
internal sealed class ResetMail(MailSender sender, NotificationOptions options, NodeSettings node) : IResetMail
{
    public bool IsAvailable => options.SmtpHost is not null;

    public Task<string?> SendAsync(string address, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        sender.SendAsync(address, "Code signing: choose a password", Text(token, expiresAt), cancellationToken);

    // What follows the # is for the browser alone: it is in no server's log.
    private string Text(string token, DateTimeOffset expiresAt) =>
        $"""
        An administrator of the code-signing service had this link sent to you, for you to choose a password by:

        {new Uri(node.PublicUrl, "/password-reset")}#{token}

        It serves once, until {UtcTimeConverter.ToText(expiresAt)}. Give it to nobody: whoever has it acts as you.
        If you asked for nothing of the kind, leave it unused and ask your administrators why.
        """;
}
