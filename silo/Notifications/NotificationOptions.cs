using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Notifications;

/// <summary>How notifications leave.</summary>
public sealed record NotificationOptions
{
    /// <summary>Whether webhooks may reach private, link-local and loopback addresses, and loopback by plain http.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>The mail server; null where no mail is sent.</summary>
    public string? SmtpHost { get; init; }

    /// <summary>Its port.</summary>
    public int SmtpPort { get; init; } = 587;

    /// <summary>Whether the mail server must speak TLS (STARTTLS).</summary>
    public bool SmtpTls { get; init; } = true;

    /// <summary>Who to log in to the mail server as; null for not at all.</summary>
    public string? SmtpUser { get; init; }

    /// <summary>The password for that.</summary>
    public string? SmtpPassword { get; init; }

    /// <summary>Whom mail comes from.</summary>
    public string MailFrom { get; init; } = "codesigning@localhost";

    /// <summary>How often the ledger is looked at for what is to be told.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads the <c>CODESIGNING_WEBHOOK_*</c>, <c>CODESIGNING_SMTP_*</c> and <c>CODESIGNING_MAIL_*</c> settings.</summary>
    public static NotificationOptions Read(IConfiguration configuration) => new()
    {
        AllowPrivateAddresses = configuration["CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES"] is "allow",
        SmtpHost = configuration["CODESIGNING_SMTP_HOST"],
        SmtpPort = int.TryParse(configuration["CODESIGNING_SMTP_PORT"], out var port) ? port : 587,
        SmtpTls = configuration["CODESIGNING_SMTP_TLS"] is not "off",
        SmtpUser = configuration["CODESIGNING_SMTP_USER"],
        SmtpPassword = configuration["CODESIGNING_SMTP_PASSWORD"],
        MailFrom = configuration["CODESIGNING_MAIL_FROM"] ?? "codesigning@localhost",
    };

    /// <summary>Says nothing of the password.</summary>
    public override string ToString() => $"mail through {SmtpHost ?? "no server"}, private addresses {(AllowPrivateAddresses ? "allowed" : "refused")}";
}
