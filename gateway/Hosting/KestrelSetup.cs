using System.Net;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CodeSigning.Gateway.Hosting;

/// <summary>Configures the HTTP server's addresses and limits.</summary>
internal static class KestrelSetup
{
    /// <summary>The maximum body size of most requests, in bytes.</summary>
    public const int MaxBody = 256 * 1024;

    /// <summary>The maximum body size of a batch or an import, in bytes.</summary>
    public const int MaxLargeBody = 2 * 1024 * 1024;

    /// <summary>The maximum body size of a login, in bytes.</summary>
    public const int MaxCredentials = 32 * 1024;

    /// <summary>The size of a connection's input and output buffers each, in bytes.</summary>
    private const int MaxBuffer = 64 * 1024;

    // Prevents clients from holding requests open with slow bodies.
    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    public static void UseKestrel(this IWebHostBuilder host, GatewaySettings settings)
    {
        // Prevents request smuggling: only CRLF ends a line (RFC 9112, section 2.2).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        host.UseUrls([.. settings.Urls]);
        // Thousands of clients may connect at once; dropped connection attempts are repeated after a second. Requests stay on the pool's
        // queue between reading, handling and answering (no UnsafePreferInlineScheduling), or a few long bodies would keep its threads.
        host.UseSockets(sockets => sockets.Backlog = 4096);
        host.UseKestrelHttpsConfiguration();
        host.ConfigureServices(static services => services.ClearBuffers());
        host.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = MaxBody;
            server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            server.Limits.MaxRequestHeaderCount = 64;
            server.Limits.MaxRequestLineSize = 8 * 1024;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            server.Limits.MinRequestBodyDataRate = SlowestBody;
            server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(120);
            server.Limits.MaxRequestBufferSize = MaxBuffer;
            server.Limits.MaxResponseBufferSize = MaxBuffer;
            server.Limits.Http2.MaxStreamsPerConnection = 256;
            server.Limits.Http2.InitialConnectionWindowSize = MaxBuffer * 2;
            server.Limits.Http2.InitialStreamWindowSize = MaxBuffer;
            // ConnectionLimits enforces the limits; closed connections count here until they have ended.
            server.Limits.MaxConcurrentConnections = (2 * settings.Connections) + 1000;
            var connections = server.ApplicationServices.GetRequiredService<ConnectionLimits>();
            var rates = server.ApplicationServices.GetRequiredService<AddressRates>();
            // HTTP/2 requires TLS for its negotiation.
            var protocols = settings.Tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            server.ConfigureEndpointDefaults(endpoint =>
            {
                endpoint.Protocols = protocols;
                endpoint.Use(next => transport => connections.RunAsync(transport, next));
            });
            if (settings.Tls is { } tls)
            {
                var certificates = server.ApplicationServices.GetRequiredService<TlsCertificates>();
                server.ConfigureHttpsDefaults(https =>
                {
                    https.ServerCertificate = tls.Certificate; // Required; what is shown is the current one.
                    https.OnAuthenticate = (transport, handshake) =>
                    {
                        handshake.ServerCertificateContext = certificates.Current;
                        TakeHandshake(transport, rates);
                    };
                });
            }
        });
    }

    private static void TakeHandshake(ConnectionContext transport, AddressRates rates)
    {
        var address = (transport.RemoteEndPoint as IPEndPoint)?.Address;
        if (rates.Take(AnonymousKind.Handshakes, address) is not null)
        {
            transport.Abort(new ConnectionAbortedException("Too many TLS handshakes from this address."));
        }
        else if (transport.Features.Get<ClientConnection>() is { } connection)
        {
            connection.HandshakeFrom = address;
        }
    }

    /// <summary>Takes the client's address and scheme from headers of trusted proxies only.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app, GatewaySettings settings)
    {
        if (settings.TrustedProxies.IsEmpty)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null, // Several proxies may be chained, if each is trusted.
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in settings.TrustedProxies)
        {
            options.KnownIPNetworks.Add(network);
        }

        app.UseForwardedHeaders(options);
    }
}
