using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Silo.Network;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Posts events to webhooks. The name is resolved here and the connection made to a checked address, which prevents DNS
/// rebinding; redirects and proxies are not followed.
/// </summary>
internal sealed class WebhookSender(NotificationOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, options, cancellationToken),
    })
    {
        Timeout = Patience,
    };

    /// <summary>Sends a delivery; null if the receiver accepted it, otherwise the error.</summary>
    public async Task<string?> SendAsync(Uri url, byte[] secret, DeliveryState delivery, CancellationToken cancellationToken)
    {
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(delivery.Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("User-Agent", "codesigning-webhook");
        request.Headers.Add(WebhookSignature.EventHeader, delivery.EventType);
        request.Headers.Add(WebhookSignature.DeliveryHeader, delivery.Id);
        request.Headers.Add(WebhookSignature.TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Compute(secret, timestamp, delivery.Body));
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode ? null : $"The receiver responded with status {(int)response.StatusCode}.";
        }
        catch (HttpRequestException failed) when (failed.InnerException is ForbiddenAddressException forbidden)
        {
            return forbidden.Message;
        }
        catch (HttpRequestException failed)
        {
            return Explain(failed.InnerException);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "The receiver did not respond in time.";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Explain(Exception? cause) => cause switch
    {
        AuthenticationException tls => $"TLS with the receiver failed: {(tls.InnerException ?? tls).Message.TrimEnd('.')}.",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            "The receiver's host name was not found.",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "The receiver refused the connection.",
        SocketException socket => $"The receiver could not be reached: {socket.SocketErrorCode}.",
        _ => "The receiver could not be reached.",
    };

    private static async ValueTask<Stream> ConnectAsync(
        DnsEndPoint endPoint, NotificationOptions options, CancellationToken cancellationToken)
    {
        var found = await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken);
        var allowed = found.Where(address => options.AllowPrivateAddresses || PublicAddresses.IsPublic(address)).ToArray();
        if (allowed.Length == 0)
        {
            throw new ForbiddenAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class ForbiddenAddressException() : IOException("The receiver's host name resolves to no public address.");
}

/// <summary>
/// Authenticates deliveries to receivers: HMAC-SHA256, with the webhook's secret, of the time in seconds since 1970, a
/// dot, and the body.
/// </summary>
public static class WebhookSignature
{
    /// <summary>The event's type.</summary>
    public const string EventHeader = "X-CodeSigning-Event";

    /// <summary>The delivery's id, the same at each attempt.</summary>
    public const string DeliveryHeader = "X-CodeSigning-Delivery";

    /// <summary>The signed time, in seconds since 1970 (UTC).</summary>
    public const string TimestampHeader = "X-CodeSigning-Timestamp";

    /// <summary><c>sha256=</c> and lower-case hex.</summary>
    public const string SignatureHeader = "X-CodeSigning-Signature";

    /// <summary>The value of the signature's header.</summary>
    public static string Compute(ReadOnlySpan<byte> secret, long timestamp, string body)
    {
        var signed = Encoding.UTF8.GetBytes(timestamp.ToString(CultureInfo.InvariantCulture) + "." + body);
        return "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed));
    }
}
