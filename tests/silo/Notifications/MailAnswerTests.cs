using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>What a mail server gets, and what an operator is told where it does not take a mail.</summary>
public sealed class MailAnswerTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Mail_has_date_id_and_Auto_Submitted_header()
    {
        await using var server = new MailServer();
        Assert.Null(await SendAsync(server, "Code signing <codesigning@example.com>"));
        Assert.Contains("MAIL FROM:<codesigning@example.com>", server.InClear, StringComparison.Ordinal);
        Assert.Contains("From: Code signing <codesigning@example.com>\r\n", server.InClear, StringComparison.Ordinal);
        Assert.Contains("Date: Tue, 01 Jan 2030 00:00:00 +0000\r\n", server.InClear, StringComparison.Ordinal);
        Assert.Matches(@"Message-Id: <[^@\r]+@example\.com>\r\n", server.InClear);
        Assert.Contains("Auto-Submitted: auto-generated\r\n", server.InClear, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL", "553 5.1.8 no such sender", "The mail server refused the sender, CODESIGNING_MAIL_FROM: 553 5.1.8.")]
    [InlineData("MAIL", "530 5.7.0 who are you", "The mail server takes mail after a login only. Set CODESIGNING_SMTP_USER and CODESIGNING_SMTP_PASSWORD.")]
    [InlineData("RCPT", "550 5.1.1 no such user", "The mail server refused the recipient: 550 5.1.1.")]
    [InlineData("RCPT", "450 try again", "The mail server refused the recipient: 450.")]
    [InlineData(".", "554 5.7.1 bad link https://signing.example.com/#secret", "The mail server refused the mail: 554 5.7.1.")]
    [InlineData("AUTH", "535 5.7.8 not robot:secret", "The mail server refused the login of CODESIGNING_SMTP_USER: 535 5.7.8.")]
    [InlineData("EHLO", "I speak no SMTP", "The mail server closed the connection, or does not speak SMTP.")]
    public async Task Refusal_names_its_cause_and_no_secret(string at, string answer, string problem)
    {
        await using var server = new MailServer { Refusal = (at, answer) };
        Assert.Equal(problem, await SendAsync(server));
    }

    [Fact]
    public async Task Server_without_authentication_gets_the_mail_without_a_login()
    {
        await using var server = new MailServer { Extensions = [] };
        Assert.Null(await SendAsync(server));
        Assert.DoesNotContain("AUTH", server.InClear, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_without_password_authentication_is_named()
    {
        await using var server = new MailServer { Extensions = ["AUTH XOAUTH2"] };
        Assert.Equal("The mail server offers no way to log in with a password.", await SendAsync(server));
    }

    [Theory]
    [InlineData("nobody", "CODESIGNING_MAIL_FROM is invalid: expected a mail address.")]
    [InlineData("a@example.com, b@example.com", "CODESIGNING_MAIL_FROM is invalid: expected a mail address.")]
    public async Task Invalid_sender_address_is_named(string sender, string problem)
    {
        await using var server = new MailServer();
        Assert.Equal(problem, await SendAsync(server, sender));
    }

    [Fact]
    public async Task Server_that_does_not_listen_is_named()
    {
        var options = new NotificationOptions { SmtpHost = "127.0.0.1", SmtpPort = FreePort.Find() };
        Assert.Equal("The mail server could not be reached: ConnectionRefused.", await SendAsync(options));
    }

    [Fact]
    public async Task Invalid_host_name_is_named()
    {
        var problem = await SendAsync(new NotificationOptions { SmtpHost = "mail example" });
        Assert.Equal("CODESIGNING_SMTP_HOST is invalid: expected a host name or an IP address.", problem);
    }

    [Theory]
    [InlineData(null, null, 587, SmtpTls.StartTls)]
    [InlineData("465", null, 465, SmtpTls.Implicit)]
    [InlineData("", "", 587, SmtpTls.StartTls)]
    [InlineData("465", "on", 465, SmtpTls.Implicit)]
    [InlineData("465", "starttls", 465, SmtpTls.StartTls)]
    [InlineData("2465", "implicit", 2465, SmtpTls.Implicit)]
    [InlineData("25", "off", 25, SmtpTls.Off)]
    public void TLS_mode_follows_the_setting_or_the_port(string? port, string? tls, int expectedPort, SmtpTls expectedTls)
    {
        SettingsReader reader = new(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["CODESIGNING_SMTP_HOST"] = "mail.example.com",
                ["CODESIGNING_SMTP_PORT"] = port,
                ["CODESIGNING_SMTP_TLS"] = tls,
            })
            .Build());
        var options = NotificationOptions.Read(reader);
        reader.ThrowIfMistaken();
        Assert.Equal((expectedPort, expectedTls), (options.SmtpPort, options.SmtpTls));
    }

    private Task<string?> SendAsync(MailServer server, string sender = "codesigning@example.com") => SendAsync(server.Options with
    {
        SmtpTls = SmtpTls.Off,
        SmtpUser = "robot",
        SmtpPassword = "secret",
        MailFrom = sender,
    });

    private Task<string?> SendAsync(NotificationOptions options) =>
        new MailSender(options, _time).SendAsync("ann@example.com", "Subject", "Text", CancellationToken.None);
}
