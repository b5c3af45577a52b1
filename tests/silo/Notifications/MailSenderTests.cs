using System.Net;
using System.Net.Sockets;
using CodeSigning.Silo.Notifications;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>Mail that cannot be sent is a failed attempt, whatever the reason.</summary>
public sealed class MailSenderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ManualTimeProvider _time = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly MailSender _mail;

    public MailSenderTests()
    {
        _server.Start();
        _mail = new MailSender(
            new NotificationOptions
            {
                SmtpHost = IPAddress.Loopback.ToString(),
                SmtpPort = ((IPEndPoint)_server.LocalEndpoint).Port,
                SmtpTls = SmtpTls.Off,
            },
            _time);
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Silent_mail_server_times_out_after_ten_seconds()
    {
        var sending = _mail.SendAsync(DeliveryTo("ada@example.com"), CancellationToken.None);
        using var connection = await _server.AcceptSocketAsync();
        _time.Advance(Patience - TimeSpan.FromTicks(1));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("The mail server took too long.", await sending.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Shutdown_cancels_a_pending_mail_without_a_failed_attempt()
    {
        using CancellationTokenSource host = new();
        var sending = _mail.SendAsync(DeliveryTo("ada@example.com"), host.Token);
        using var connection = await _server.AcceptSocketAsync();
        await host.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Invalid_address_is_a_failed_attempt()
    {
        var problem = await _mail.SendAsync(DeliveryTo("ada@@example.com"), CancellationToken.None);
        Assert.Contains("address", problem, StringComparison.Ordinal);
    }

    private DeliveryState DeliveryTo(string address) => new()
    {
        Id = "dlv_1",
        ReceiverId = "mail",
        EventId = "evt_1",
        EventType = "grant.revoked",
        Body = """{"at":"2030-01-01T00:00:00.000Z","data":{}}""",
        MailTo = address,
        CreatedAt = _time.GetUtcNow(),
        Until = _time.GetUtcNow(),
    };
}
