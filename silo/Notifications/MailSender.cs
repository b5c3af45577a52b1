using System.Net;
using System.Net.Mail;
using System.Text.Json;

namespace CodeSigning.Silo.Notifications;

/// <summary>Sends plain mail over SMTP.</summary>
internal sealed class MailSender(NotificationOptions options, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends an event; null where the mail server took it, otherwise what went wrong.</summary>
    public Task<string?> SendAsync(DeliveryState delivery, CancellationToken cancellationToken) =>
        SendAsync(delivery.MailTo!, $"Code signing: {delivery.EventType}", Text(delivery), cancellationToken);

    /// <summary>Sends; null where the mail server took it, otherwise what went wrong.</summary>
    public async Task<string?> SendAsync(string address, string subject, string text, CancellationToken cancellationToken)
    {
        if (options.SmtpHost is not { } host)
        {
            return "No mail server is set.";
        }

        using var client = new SmtpClient(host, options.SmtpPort) { EnableSsl = options.SmtpTls };
        if (options.SmtpUser is { } user)
        {
            client.Credentials = new NetworkCredential(user, options.SmtpPassword);
        }

        // The client's own time-out is for synchronous sends only.
        using CancellationTokenSource patience = new(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var message = new MailMessage(options.MailFrom, address, subject, text);
            await client.SendMailAsync(message, either.Token);
            return null;
        }
        catch (SmtpException failed)
        {
            return $"The mail server did not take it: {failed.StatusCode}.";
        }
        catch (FormatException)
        {
            return "The address of the sender or of the receiver is none that mail can be sent to.";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "The mail server took too long.";
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
