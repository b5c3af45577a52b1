using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodeSigning.Silo.Notifications;

namespace CodeSigning.Silo.Tests.Notifications;

/// <summary>A mail server of RFC 5321 on loopback, with STARTTLS and AUTH, and with a certificate that this test alone trusts.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly StringBuilder _inClear = new();
    private readonly StringBuilder _inTls = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    /// <summary>Starts it.</summary>
    /// <param name="name">The DNS name in its certificate; by default it is for 127.0.0.1.</param>
    public MailServer(string? name = null)
    {
        _certificate = NewCertificate(name);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Whether TLS begins with the first byte.</summary>
    public bool IsImplicit { get; init; }

    /// <summary>The extensions that it offers (RFC 5321, section 4.1.1.1).</summary>
    public string[] Extensions { get; init; } = ["STARTTLS", "AUTH PLAIN"];

    /// <summary>What it answers a line that begins so, instead of taking it.</summary>
    public (string Start, string Answer)? Refusal { get; init; }

    /// <summary>What it was told before TLS.</summary>
    public string InClear => _inClear.ToString();

    /// <summary>What it was told within TLS.</summary>
    public string InTls => _inTls.ToString();

    /// <summary>How to send to it: its certificate is trusted.</summary>
    public NotificationOptions Options => new()
    {
        SmtpHost = IPAddress.Loopback.ToString(),
        SmtpPort = ((IPEndPoint)_listener.LocalEndpoint).Port,
        SmtpRoots = [_certificate],
    };

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _listener.Dispose();
        _certificate.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await TryTalkAsync(client.GetStream());
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task TryTalkAsync(Stream connection)
    {
        try
        {
            if (IsImplicit)
            {
                await TalkInTlsAsync(connection, "220 mail.example.com");
            }
            else if (await TalkAsync(connection, _inClear, "220 mail.example.com"))
            {
                await TalkInTlsAsync(connection, greeting: null);
            }
        }
        catch (Exception gone) when (gone is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client hung up; what it said until then is what the test looks at.
        }
    }

    private async Task TalkInTlsAsync(Stream connection, string? greeting)
    {
        await using var tls = new SslStream(connection);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
        await TalkAsync(tls, _inTls, greeting);
    }

    /// <summary>Talks until the client is done; true where it goes on with TLS.</summary>
    private async Task<bool> TalkAsync(Stream connection, StringBuilder told, string? greeting)
    {
        using var reader = new StreamReader(connection, Encoding.UTF8, leaveOpen: true);
        await using var writer = new StreamWriter(connection, Encoding.ASCII, leaveOpen: true) { AutoFlush = true, NewLine = "\r\n" };
        var isData = false;
        if (greeting is not null)
        {
            await writer.WriteLineAsync(greeting);
        }

        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            told.Append(line).Append("\r\n");
            if (isData && line != ".")
            {
                continue;
            }

            isData = line == "DATA";
            await writer.WriteLineAsync(AnswerTo(line));
            if (line is "QUIT" or "STARTTLS")
            {
                return line == "STARTTLS";
            }
        }

        return false;
    }

    private string AnswerTo(string line) => line switch
    {
        _ when Refusal is { } refusal && line.StartsWith(refusal.Start, StringComparison.Ordinal) => refusal.Answer,
        _ when line.StartsWith("EHLO", StringComparison.Ordinal) =>
            string.Concat(Extensions.Prepend("mail.example.com").Select(extension => $"250-{extension}\r\n")) + "250 SIZE 100000",
        _ when line.StartsWith("AUTH", StringComparison.Ordinal) => "235 welcome",
        "DATA" => "354 go on",
        "STARTTLS" => "220 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    };

    private static X509Certificate2 NewCertificate(string? name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        if (name is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }
        else
        {
            names.AddDnsName(name);
        }

        var request = new CertificateRequest("CN=mail", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        // TLS goes by the system's clock.
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
