using System.Globalization;
using System.Net.Mail;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Settings;

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

    /// <summary>The server's address for people, to which links in notifications lead.</summary>
    public Uri PublicUrl { get; init; } = new("http://localhost");

    /// <summary>The interval at which the ledger is read for events.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads the <c>CODESIGNING_WEBHOOK_*</c>, <c>CODESIGNING_SMTP_*</c> and <c>CODESIGNING_MAIL_*</c> settings; the reader has their mistakes.</summary>
    public static NotificationOptions Read(SettingsReader reader)
    {
        NotificationOptions usual = new();
        var host = reader.Text("CODESIGNING_SMTP_HOST");
        var port = ReadPort(reader, host) ?? usual.SmtpPort;
        var options = usual with
        {
            AllowPrivateAddresses = ReadPrivateAddresses(reader) ?? usual.AllowPrivateAddresses,
            SmtpHost = host,
            SmtpPort = port,
            SmtpTls = ReadTls(reader, host) ?? (port == ImplicitTlsPort ? SmtpTls.Implicit : SmtpTls.StartTls),
            SmtpUser = ReadOfHost(reader, "CODESIGNING_SMTP_USER", host),
            SmtpPassword = RequireHost(reader, "CODESIGNING_SMTP_PASSWORD", reader.Secret("CODESIGNING_SMTP_PASSWORD"), host),
            MailFrom = ReadSender(reader, host) ?? usual.MailFrom,
        };
        options.RefuseHalfLogin(reader);
        return options;
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => $"mail through {SmtpHost ?? "no server"}, private addresses {(AllowPrivateAddresses ? "allowed" : "refused")}";

    private static string? ReadOfHost(SettingsReader reader, string name, string? host) => RequireHost(reader, name, reader.Text(name), host);

    private static string? RequireHost(SettingsReader reader, string name, string? text, string? host)
    {
        if (text is not null && host is null)
        {
            reader.Refuse($"{name} is set but CODESIGNING_SMTP_HOST is not: no mail would be sent. Set both or neither.");
        }

        return text;
    }

    private static int? ReadPort(SettingsReader reader, string? host)
    {
        const string name = "CODESIGNING_SMTP_PORT";
        if (ReadOfHost(reader, name, host) is not { } text)
        {
            return null;
        }

        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            reader.Refuse($"{name} is invalid: expected a TCP port from 1 to 65535, not '{text}'.");
        }

        return port;
    }

    private static string? ReadSender(SettingsReader reader, string? host)
    {
        const string name = "CODESIGNING_MAIL_FROM";
        var text = ReadOfHost(reader, name, host);
        if (text is not null && !MailAddress.TryCreate(text, out _))
        {
            reader.Refuse($"{name} is invalid: expected a mail address such as codesigning@example.com, not '{text}'.");
        }

        return text;
    }

    private static SmtpTls? ReadTls(SettingsReader reader, string? host)
    {
        const string name = "CODESIGNING_SMTP_TLS";
        switch (ReadOfHost(reader, name, host))
        {
            case null or "on":
                return null;
            case "starttls":
                return SmtpTls.StartTls;
            case "implicit":
                return SmtpTls.Implicit;
            case "off":
                return SmtpTls.Off;
            case var text:
                reader.Refuse($"{name} is invalid: expected starttls, implicit, on or off, not '{text}'.");
                return null;
        }
    }

    private static bool? ReadPrivateAddresses(SettingsReader reader)
    {
        const string name = "CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES";
        var text = reader.Text(name);
        if (text is not (null or "allow" or "refuse"))
        {
            reader.Refuse($"{name} is invalid: expected allow or refuse, not '{text}'.");
        }

        return text is null ? null : text == "allow";
    }

    private void RefuseHalfLogin(SettingsReader reader)
    {
        if (SmtpHost is not null && SmtpUser is null != SmtpPassword is null)
        {
            var (given, missing) = SmtpUser is null
                ? ("CODESIGNING_SMTP_PASSWORD", "CODESIGNING_SMTP_USER")
                : ("CODESIGNING_SMTP_USER", "CODESIGNING_SMTP_PASSWORD");
            reader.Refuse($"{given} is set but {missing} is not: the mail server would refuse the log-in. Set both or neither.");
        }
    }
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
