using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>The mail with the link by which a person chooses a password, as a mail server gets it.</summary>
public sealed class ResetMailTests : IAsyncDisposable
{
    private readonly MailServer _server = new();
    private readonly ManualTimeProvider _time = new();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Reset_link_uses_the_public_address_and_a_fragment_token()
    {
        var options = _server.Options with { SmtpTls = SmtpTls.Off };
        var node = NodeSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["CODESIGNING_PUBLIC_URL"] = "https://signing.example.com" })
            .Build());
        using var meter = new DeliveryMeter();
        var mail = new ResetMail(new MailSender(options, _time), meter, options, node);
        Assert.True(mail.IsAvailable);

        Assert.Null(await mail.SendAsync("ann@example.com", "Rae", "usr_1.token", _time.GetUtcNow(), CancellationToken.None));
        var received = _server.InClear.Replace("=\r\n", "", StringComparison.Ordinal);
        Assert.Contains("RCPT TO:<ann@example.com>", received, StringComparison.Ordinal);
        Assert.Contains("Rae, an administrator of the code-signing service", received, StringComparison.Ordinal);
        Assert.Contains("https://signing.example.com/password-reset#usr_1.token", received, StringComparison.Ordinal);
    }
}
