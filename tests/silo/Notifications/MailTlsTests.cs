using System.Net;
using System.Net.Sockets;
using System.Text;
using CodeSigning.Silo.Notifications;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>With TLS on, neither a mail nor a password crosses the network in clear or reaches a server that is not trusted.</summary>
public sealed class MailTlsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task STARTTLS_encrypts_all_but_the_first_greeting()
    {
        await using var server = new MailServer();
        Assert.Null(await SendAsync(server.Options with { SmtpUser = "robot", SmtpPassword = "secret" }));
        Assert.Equal(["EHLO", "STARTTLS"], Commands(server.InClear));
        Assert.Equal(["EHLO", "AUTH", "MAIL", "RCPT", "DATA"], Commands(server.InTls).Take(5));
        Assert.Contains(
            "AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes("\0robot\0secret")), server.InTls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Implicit_TLS_encrypts_everything()
    {
        await using var server = new MailServer { IsImplicit = true };
        Assert.Null(await SendAsync(server.Options with { SmtpTls = SmtpTls.Implicit }));
        Assert.Empty(server.InClear);
        Assert.Contains("RCPT TO:<ann@example.com>", server.InTls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_without_STARTTLS_gets_no_mail()
    {
        await using var server = new MailServer { Extensions = ["AUTH PLAIN"] };
        var problem = await SendAsync(server.Options with { SmtpUser = "robot", SmtpPassword = "secret" });
        Assert.StartsWith("The mail server does not offer STARTTLS, so the mail was not sent.", problem, StringComparison.Ordinal);
        Assert.Equal(["EHLO"], Commands(server.InClear));
    }

    [Fact]
    public async Task Server_that_refuses_STARTTLS_gets_no_mail()
    {
        await using var server = new MailServer { Refusal = ("STARTTLS", "454 4.7.0 TLS is out of order") };
        Assert.Equal("The mail server refused the mail: 454 4.7.0.", await SendAsync(server.Options));
        Assert.DoesNotContain("MAIL", Commands(server.InClear));
    }

    [Fact]
    public async Task Answers_injected_before_TLS_are_ignored()
    {
        await using var server = new MailServer { Refusal = ("STARTTLS", "220 go on\r\n250-mail.example.com\r\n250 AUTH XOAUTH2") };
        Assert.Null(await SendAsync(server.Options with { SmtpUser = "robot", SmtpPassword = "secret" }));
        Assert.Contains("AUTH PLAIN", server.InTls, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SmtpTls.StartTls)]
    [InlineData(SmtpTls.Implicit)]
    public async Task Certificate_that_the_system_does_not_trust_is_refused(SmtpTls tls)
    {
        await using var server = new MailServer { IsImplicit = tls == SmtpTls.Implicit };
        var problem = await SendAsync(server.Options with { SmtpTls = tls, SmtpRoots = null });
        Assert.StartsWith("TLS with the mail server failed: its certificate is not trusted (", problem, StringComparison.Ordinal);
        Assert.Matches("UntrustedRoot|PartialChain", problem);
        Assert.Empty(server.InTls);
    }

    [Fact]
    public async Task Certificate_for_another_name_is_refused()
    {
        await using var server = new MailServer("other.example.com");
        var problem = await SendAsync(server.Options);
        Assert.Equal("TLS with the mail server failed: its certificate is for another name than CODESIGNING_SMTP_HOST.", problem);
        Assert.Empty(server.InTls);
    }

    [Fact]
    public async Task Server_that_speaks_no_implicit_TLS_is_named()
    {
        await using var server = new MailServer();
        var problem = await SendAsync(server.Options with { SmtpTls = SmtpTls.Implicit });
        Assert.StartsWith("TLS with the mail server failed: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_silent_in_the_handshake_times_out_after_ten_seconds()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var sending = SendAsync(Silent(server));
        using var connection = await server.AcceptSocketAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("The mail server took too long.", await sending.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Shutdown_cancels_a_pending_handshake()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using CancellationTokenSource host = new();
        var sending = SendAsync(Silent(server), host.Token);
        using var connection = await server.AcceptSocketAsync();
        await host.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private Task<string?> SendAsync(NotificationOptions options, CancellationToken cancellationToken = default) =>
        new MailSender(options, _time).SendAsync("ann@example.com", "Subject", "Text", cancellationToken);

    private static NotificationOptions Silent(TcpListener server) => new()
    {
        SmtpHost = IPAddress.Loopback.ToString(),
        SmtpPort = ((IPEndPoint)server.LocalEndpoint).Port,
        SmtpTls = SmtpTls.Implicit,
    };

    private static string[] Commands(string told) =>
        [.. told.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
}
