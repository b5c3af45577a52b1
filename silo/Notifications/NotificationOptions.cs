using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Notifications;

/// <summary>The notification settings.</summary>
public sealed record NotificationOptions
{
    private const int SubmissionPort = 587;
    private const int ImplicitTlsPort = 465;

    /// <summary>Whether webhooks may reach private, link-local and loopback addresses, and loopback by plain http.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>The mail server; null to send no mail.</summary>
    public string? SmtpHost { get; init; }

    /// <summary>Its port.</summary>
    public int SmtpPort { get; init; } = SubmissionPort;

    /// <summary>How the connection to the mail server is protected.</summary>
    public SmtpTls SmtpTls { get; init; } = SmtpTls.StartTls;

    /// <summary>The roots to which the mail server's certificate must lead; null for those that the system trusts.</summary>
    public X509Certificate2Collection? SmtpRoots { get; init; }

    /// <summary>The user name for the mail server; null for no login.</summary>
    public string? SmtpUser { get; init; }

    /// <summary>The password for the mail server.</summary>
    public string? SmtpPassword { get; init; }

    /// <summary>The sender address.</summary>
    public string MailFrom { get; init; } = "codesigning@localhost";

    /// <summary>The interval at which the ledger is read for events.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads the <c>CODESIGNING_WEBHOOK_*</c>, <c>CODESIGNING_SMTP_*</c> and <c>CODESIGNING_MAIL_*</c> settings.</summary>
    public static NotificationOptions Read(IConfiguration configuration)
    {
        var port = ReadPort(Text(configuration, "CODESIGNING_SMTP_PORT"));
        return new NotificationOptions
        {
            AllowPrivateAddresses = configuration["CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES"] is "allow",
            SmtpHost = Text(configuration, "CODESIGNING_SMTP_HOST"),
            SmtpPort = port,
            SmtpTls = ReadTls(Text(configuration, "CODESIGNING_SMTP_TLS"), port),
            SmtpUser = Text(configuration, "CODESIGNING_SMTP_USER"),
            SmtpPassword = Text(configuration, "CODESIGNING_SMTP_PASSWORD"),
            MailFrom = Text(configuration, "CODESIGNING_MAIL_FROM") ?? "codesigning@localhost",
        };
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => $"mail through {SmtpHost ?? "no server"}, private addresses {(AllowPrivateAddresses ? "allowed" : "refused")}";

    private static string? Text(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } text ? text : null;

    private static int ReadPort(string? text) =>
        int.TryParse(text, out var port) && port is > IPEndPoint.MinPort and <= IPEndPoint.MaxPort ? port : SubmissionPort;

    private static SmtpTls ReadTls(string? text, int port) => text switch
    {
        "off" => SmtpTls.Off,
        "starttls" => SmtpTls.StartTls,
        "implicit" => SmtpTls.Implicit,
        _ => port == ImplicitTlsPort ? SmtpTls.Implicit : SmtpTls.StartTls,
    };
}

/// <summary>How the connection to the mail server is protected.</summary>
public enum SmtpTls
{
    /// <summary>A connection that begins in clear; without STARTTLS (RFC 3207) no mail is sent.</summary>
    StartTls,

    /// <summary>TLS from the first byte on (RFC 8314, section 3.3).</summary>
    Implicit,

    /// <summary>No TLS.</summary>
    Off,
}
