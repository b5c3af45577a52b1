using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// A connection to the mail server, for one mail. Unless TLS is off, neither the mail nor the password is sent in clear, nor
/// to a server whose certificate is not trusted. Revocation is not checked: that would need the CA's network.
/// </summary>
internal sealed partial class SmtpSession : SmtpClient
{
    private readonly NotificationOptions _options;
    private string? _certificateFault;

    /// <summary>Prepares it; nothing is connected yet.</summary>
    public SmtpSession(NotificationOptions options)
    {
        _options = options;
        CheckCertificateRevocation = false;
        ServerCertificateValidationCallback = (_, _, chain, errors) =>
        {
            _certificateFault = FindFault(chain, errors);
            return errors == SslPolicyErrors.None;
        };
    }

    /// <summary>Connects, logs in where the settings and the server have it so, and hands the mail over.</summary>
    public async Task SubmitAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        var security = _options.SmtpTls switch
        {
            SmtpTls.Off => SecureSocketOptions.None,
            SmtpTls.Implicit => SecureSocketOptions.SslOnConnect,
            _ => SecureSocketOptions.StartTls,
        };
        await ConnectAsync(_options.SmtpHost!, _options.SmtpPort, security, cancellationToken);
        if (_options.SmtpUser is { } user && Capabilities.HasFlag(SmtpCapabilities.Authentication))
        {
            await AuthenticateAsync(user, _options.SmtpPassword ?? "", cancellationToken);
        }

        await SendAsync(message, cancellationToken);
        await DisconnectAsync(quit: true, cancellationToken);
    }

    /// <summary>Whether an exception says that the caller's token ended the session.</summary>
    public static bool WasCancelled(Exception exception) =>
        exception is OperationCanceledException or SslHandshakeException { InnerException: OperationCanceledException };

    /// <summary>What a failure of the mail server, or on the way to it, means for an operator; null for any other exception.</summary>
    public string? Explain(Exception failure) => failure switch
    {
        SslHandshakeException tls =>
            $"TLS with the mail server failed: {_certificateFault ?? (tls.InnerException ?? tls).Message.TrimEnd('.')}.",
        NotSupportedException when !IsConnected =>
            "The mail server does not offer STARTTLS, so the mail was not sent. Set CODESIGNING_SMTP_TLS=implicit if it speaks TLS from the first byte on.",
        NotSupportedException => "The mail server offers no way to log in with a password.",
        AuthenticationException { InnerException: SmtpCommandException reply } =>
            $"The mail server refused the login of CODESIGNING_SMTP_USER: {ReplyOf(reply)}.",
        AuthenticationException => "The mail server refused every way to log in with a password.",
        ServiceNotAuthenticatedException =>
            "The mail server takes mail after a login only. Set CODESIGNING_SMTP_USER and CODESIGNING_SMTP_PASSWORD.",
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted } refused =>
            $"The mail server refused the recipient: {ReplyOf(refused)}.",
        SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted } refused =>
            $"The mail server refused the sender, CODESIGNING_MAIL_FROM: {ReplyOf(refused)}.",
        SmtpCommandException refused => $"The mail server refused the mail: {ReplyOf(refused)}.",
        SocketException unreachable => $"The mail server could not be reached: {unreachable.SocketErrorCode}.",
        UriFormatException => "CODESIGNING_SMTP_HOST is invalid: expected a host name or an IP address.",
        SmtpProtocolException or ServiceNotConnectedException or IOException => "The mail server closed the connection, or does not speak SMTP.",
        _ => null,
    };

    /// <inheritdoc/>
    protected override SslClientAuthenticationOptions GetSslClientAuthenticationOptions(
        string host, RemoteCertificateValidationCallback remoteCertificateValidationCallback)
    {
        var tls = base.GetSslClientAuthenticationOptions(host, remoteCertificateValidationCallback);
        if (_options.SmtpRoots is { } roots)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return tls;
    }

    private static string? FindFault(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "it shows no certificate";
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? "its certificate is for another name than CODESIGNING_SMTP_HOST"
            : $"its certificate is not trusted ({string.Join(", ", chain?.ChainStatus.Select(status => status.Status) ?? [])})";
    }

    /// <summary>The reply's numbers alone (RFC 5321, section 4.2; RFC 3463): its text may quote the mail, and so a link for a password.</summary>
    private static string ReplyOf(SmtpCommandException refused) =>
        $"{(int)refused.StatusCode} {EnhancedStatusCode().Match(refused.Message)}".TrimEnd();

    [GeneratedRegex(@"^[245]\.\d{1,3}\.\d{1,3}\b")]
    private static partial Regex EnhancedStatusCode();
}
