using System.Net;
using System.Net.Mail;
using System.Text.Json;

namespace CodeSigning.Silo.Notifications;

/// <summary>Sends an event as a plain mail over SMTP.</summary>
internal sealed class MailSender(NotificationOptions options)
{
    /// <summary>Sends; null where the mail server took it, otherwise what went wrong.</summary>
    public async Task<string?> SendAsync(DeliveryState delivery, CancellationToken cancellationToken)
    {
        if (options.SmtpHost is not { } host)
            return "No mail server is set.";

        using var client = new SmtpClient(host, options.SmtpPort) { EnableSsl = options.SmtpTls };
        if (options.SmtpUser is { } user)
            client.Credentials = new NetworkCredential(user, options.SmtpPassword);

        using var message = new MailMessage(options.MailFrom, delivery.MailTo!, $"Code signing: {delivery.EventType}", Text(delivery));
        try
        {
            await client.SendMailAsync(message, cancellationToken);
            return null;
        }
        catch (SmtpException failed)
        {
            return $"The mail server did not take it: {failed.StatusCode}.";
        }
    }

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
