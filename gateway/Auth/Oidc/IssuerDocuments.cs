using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CodeSigning.Silo.Network;

namespace CodeSigning.Gateway.Auth.Oidc;

/// <summary>
/// Fetches what an OpenID Connect issuer publishes (OpenID Connect Discovery 1.0, section 4). An administrator chose the
/// issuer's host; nothing that the host answers may lead this server to another one in a private network. So redirects
/// are not followed, a key set on another host is fetched from public addresses alone, every answer is bounded in size
/// and time, and no connection is used twice, since it may have been allowed for another issuer.
/// </summary>
internal sealed class IssuerDocuments : IDisposable
{
    private const int MaxBytes = 512 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly HttpRequestOptionsKey<string> TrustedHost = new("trusted-host");

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
    })
    {
        MaxResponseContentBufferSize = MaxBytes,
        Timeout = Timeout,
    };

    /// <summary>The text of the issuer's JSON Web Key Set (RFC 7517, section 5).</summary>
    /// <exception cref="IssuerUnavailableException">It cannot be had.</exception>
    public async Task<string> FetchKeySetAsync(string issuer, CancellationToken cancellationToken)
    {
        var issuerUrl = new Uri(issuer);
        var discovery = new Uri(issuer.TrimEnd('/') + "/.well-known/openid-configuration");
        var keySet = ReadKeySetUrl(issuerUrl, issuer, await FetchAsync(discovery, issuerUrl.IdnHost, cancellationToken));
        return await FetchAsync(keySet, issuerUrl.IdnHost, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static Uri ReadKeySetUrl(Uri issuerUrl, string issuer, string discovery)
    {
        try
        {
            using var document = JsonDocument.Parse(discovery);
            if (document.RootElement.GetProperty("issuer").GetString() != issuer)
            {
                throw new IssuerUnavailableException($"The discovery document of {issuer} names another issuer.");
            }

            var keySet = new Uri(document.RootElement.GetProperty("jwks_uri").GetString()!);
            var isAsSafe = keySet.Scheme == Uri.UriSchemeHttps
                || (keySet.Scheme == issuerUrl.Scheme && keySet.IdnHost == issuerUrl.IdnHost);
            return isAsSafe
                ? keySet
                : throw new IssuerUnavailableException($"The key set of {issuer} is not on https.");
        }
        catch (Exception exception) when (exception
            is JsonException or KeyNotFoundException or InvalidOperationException or UriFormatException or ArgumentNullException)
        {
            throw new IssuerUnavailableException($"The discovery document of {issuer} cannot be read.", exception);
        }
    }

    private async Task<string> FetchAsync(Uri url, string trustedHost, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("application/json");
        request.Options.Set(TrustedHost, trustedHost);
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK
                ? await response.Content.ReadAsStringAsync(cancellationToken)
                : throw new IssuerUnavailableException($"{url} answered {(int)response.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IssuerUnavailableException($"{url} cannot be fetched.", exception);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var mayBePrivate = context.InitialRequestMessage.Options.TryGetValue(TrustedHost, out var trusted)
            && string.Equals(host, trusted, StringComparison.OrdinalIgnoreCase);
        var addresses = Array.FindAll(
            await Dns.GetHostAddressesAsync(host, cancellationToken),
            address => mayBePrivate || PublicAddresses.IsPublic(address));
        if (addresses.Length == 0)
        {
            throw new HttpRequestException($"{host} is not on the internet, and is not the issuer's own host.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>An issuer's documents cannot be had, or are not what they must be. The message is for the log.</summary>
internal sealed class IssuerUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException);
