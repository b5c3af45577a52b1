using System.Net;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CodeSigning.Gateway.Hosting;

/// <summary>The HTTP server: where it listens, and the bounds of what it takes.</summary>
internal static class KestrelSetup
{
    /// <summary>The longest body of most requests, in bytes.</summary>
    public const int MaxBody = 256 * 1024;

    /// <summary>The longest body of a batch or an import, in bytes.</summary>
    public const int MaxLargeBody = 2 * 1024 * 1024;

    /// <summary>The longest body that somebody may send who has no token yet, in bytes: credentials, or a CI's token.</summary>
    public const int MaxCredentials = 32 * 1024;

    /// <summary>How much of a connection's input, and of its output, is held in memory, in bytes.</summary>
    private const int MaxBuffer = 64 * 1024;

    // A body that comes more slowly would be held open to keep others out.
    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    public static void UseKestrel(this IWebHostBuilder host, GatewaySettings settings)
    {
        // A proxy and we must agree on where a request ends: only CRLF ends a line (RFC 9112, section 2.2).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        host.UseUrls([.. settings.Urls]);
        // Thousands may knock at once; whoever is not taken off the queue in time tries again after a second.
        host.UseSockets(sockets => sockets.Backlog = 4096);
        host.UseKestrelHttpsConfiguration();
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
            // The limits are ConnectionLimits'. Those that made room count here until they have really ended.
            server.Limits.MaxConcurrentConnections = (2 * settings.Connections) + 1000;
            var connections = server.ApplicationServices.GetRequiredService<ConnectionLimits>();
            var rates = server.ApplicationServices.GetRequiredService<AddressRates>();
            // Without TLS there is nothing to agree on HTTP/2 with.
            var protocols = settings.Tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            server.ConfigureEndpointDefaults(endpoint =>
            {
                endpoint.Protocols = protocols;
                endpoint.Use(next => transport => connections.RunAsync(transport, next));
            });
            if (settings.Tls is { } tls)
            {
                server.ConfigureHttpsDefaults(https =>
                {
                    https.ServerCertificate = X509Certificate2.CreateFromPemFile(tls.CertificatePath, tls.KeyPath);
                    https.ServerCertificateChain = [];
                    https.ServerCertificateChain.ImportFromPemFile(tls.CertificatePath);
                    https.OnAuthenticate = (transport, _) => TakeHandshake(transport, rates);
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

    /// <summary>Takes the client's address and scheme from the trusted proxies' headers, and from nobody else's.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app, GatewaySettings settings)
    {
        if (settings.TrustedProxies.IsEmpty)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null, // Several proxies in a row, each of which must be a trusted one.
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
