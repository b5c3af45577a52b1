using System.Net;
using System.Net.Sockets;
using System.Text;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>The mail with the link by which a person chooses a password, as a mail server gets it.</summary>
public sealed class ResetMailTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly ManualTimeProvider _time = new();

    public ResetMailTests() => _server.Start();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_link_leads_to_the_public_address_with_the_token_behind_the_hash()
    {
        var options = new NotificationOptions
        {
            SmtpHost = IPAddress.Loopback.ToString(),
            SmtpPort = ((IPEndPoint)_server.LocalEndpoint).Port,
            SmtpTls = false,
        };
        var node = NodeSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["CODESIGNING_PUBLIC_URL"] = "https://signing.example.com" })
            .Build());
        var mail = new ResetMail(new MailSender(options, _time), options, node);
        Assert.True(mail.IsAvailable);

        var receiving = ReceiveAsync();
        Assert.Null(await mail.SendAsync("ann@example.com", "usr_1.token", _time.GetUtcNow(), CancellationToken.None));
        var received = (await receiving).Replace("=\r\n", "", StringComparison.Ordinal);
        Assert.Contains("RCPT TO:<ann@example.com>", received, StringComparison.Ordinal);
        Assert.Contains("https://signing.example.com/password-reset#usr_1.token", received, StringComparison.Ordinal);
    }

    /// <summary>Takes one mail as a server of RFC 5321 does that knows no extensions.</summary>
    private async Task<string> ReceiveAsync()
    {
        using var client = await _server.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        await using var writer = new StreamWriter(stream, Encoding.ASCII) { AutoFlush = true, NewLine = "\r\n" };
        var received = new StringBuilder();
        var isData = false;
        await writer.WriteLineAsync("220 mail.example.com");
        while (await reader.ReadLineAsync() is { } line)
        {
            received.Append(line).Append("\r\n");
            if (isData && line != ".")
            {
                continue;
            }

            isData = line == "DATA";
            await writer.WriteLineAsync(line switch { "DATA" => "354 go on", "QUIT" => "221 bye", _ => "250 ok" });
            if (line is "." or "QUIT")
            {
                break;
            }
        }

        return received.ToString();
    }
}
