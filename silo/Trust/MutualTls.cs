using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace CodeSigning.Silo.Trust;

/// <summary>
/// Requires certificates of the cluster authority from both ends of every connection between silos. Each failure is
/// logged with one line.
/// </summary>
internal sealed partial class MutualTls
{
    private readonly ClusterTrust _trust;
    private readonly TlsOptions _options;
    private readonly ILogger<MutualTls> _logger;

    public MutualTls(ClusterTrust trust, IOptions<TrustOptions> options, ILogger<MutualTls> logger)
    {
        _trust = trust;
        _logger = logger;
        _options = new TlsOptions
        {
            HandshakeTimeout = options.Value.HandshakeTimeout,
            LocalServerCertificateSelector = (connection, _) => AsServer(connection),
            LocalClientCertificateSelector = (_, _, _, _, _) => _trust.Authority.Certificate,
            // Orleans' own modes neither pass the connection to the validation nor call it if no certificate is shown.
            // Both are enforced below; a connection not found to be a node's is not let through.
            RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
            OnAuthenticateAsServer = (connection, tls) => Require(connection, (SslServerAuthenticationOptions)tls.SslServerAuthenticationOptions),
            OnAuthenticateAsClient = (connection, tls) => Require(connection, (SslClientAuthenticationOptions)tls.SslClientAuthenticationOptions),
        };
    }

    /// <summary>
    /// Secures all connections of a silo: <c>UseTls</c> between a guard before the handshake and one after it.
    /// </summary>
    public void Secure(SiloConnectionOptions connections)
    {
        connections.ConfigureSiloInboundConnection(SecureInbound);
        connections.ConfigureGatewayInboundConnection(SecureInbound);
        connections.ConfigureSiloOutboundConnection(builder =>
        {
            builder.Use(next => connection => BeginAsync(connection, next, LogNotReached));
            builder.UseClientTls(_options);
            builder.Use(next => connection => GoOnAsync(connection, next));
        });
    }

    private void SecureInbound(IConnectionBuilder builder)
    {
        builder.Use(next => connection => BeginAsync(connection, next, LogRefused));
        builder.UseServerTls(_options);
        builder.Use(next => connection => GoOnAsync(connection, next));
    }

    private async Task BeginAsync(ConnectionContext connection, ConnectionDelegate next, Action<ILogger, string?, string> tell)
    {
        Handshake handshake = new(_trust.Authority);
        connection.Features.Set(handshake);
        await next(connection);
        if (!handshake.IsDone)
        {
            tell(_logger, connection.RemoteEndPoint?.ToString(), handshake.Cause(_options.HandshakeTimeout));
        }
    }

    private Task GoOnAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var handshake = HandshakeOf(connection);
        if (!handshake.IsOfNode)
        {
            return Task.CompletedTask;
        }

        handshake.IsDone = true;
        return _trust.HoldAsync(connection, handshake.Under, () => next(connection));
    }

    private X509Certificate2 AsServer(ConnectionContext connection)
    {
        HandshakeOf(connection).HasBegun = true;
        return _trust.Authority.Certificate;
    }

    private static void Require(ConnectionContext connection, SslServerAuthenticationOptions tls)
    {
        var handshake = HandshakeOf(connection);
        tls.ClientCertificateRequired = true;
        tls.AllowTlsResume = false; // A resumed session would outlive the authority of its handshake.
        tls.AllowRenegotiation = false;
        tls.CertificateChainPolicy = NobodyElse();
        tls.RemoteCertificateValidationCallback = (_, certificate, _, _) => Judge(handshake, certificate);
    }

    private static void Require(ConnectionContext connection, SslClientAuthenticationOptions tls)
    {
        var handshake = HandshakeOf(connection);
        tls.AllowTlsResume = false;
        tls.AllowRenegotiation = false;
        tls.CertificateChainPolicy = NobodyElse();
        tls.RemoteCertificateValidationCallback = (_, certificate, _, _) => Judge(handshake, certificate);
    }

    private static bool Judge(Handshake handshake, X509Certificate? certificate)
    {
        handshake.HasBegun = true;
        handshake.Refusal = handshake.Under.RefusalOf(certificate);
        return handshake.IsOfNode = handshake.Refusal is null;
    }

    // The platform's chain is ignored; building it must use neither the system's store nor the network.
    private static X509ChainPolicy NobodyElse() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static Handshake HandshakeOf(ConnectionContext connection) =>
        connection.Features.Get<Handshake>() ?? throw new InvalidOperationException("The connection has not passed the guard before the handshake.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection from {Remote} to this node's silo port was refused: {Cause}.")]
    private static partial void LogRefused(ILogger logger, string? remote, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to {Remote} was closed: {Cause}.")]
    private static partial void LogNotReached(ILogger logger, string? remote, string cause);
}

/// <summary>The state of a connection's handshake, a feature of the connection.</summary>
internal sealed class Handshake(TrustedAuthority under)
{
    // Timers may fire up to one clock tick early.
    private static readonly TimeSpan TimerTolerance = TimeSpan.FromMilliseconds(100);

    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>The authority of the handshake.</summary>
    public TrustedAuthority Under => under;

    /// <summary>Whether the peer has begun the TLS handshake.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Whether the peer has proven to be a node.</summary>
    public bool IsOfNode { get; set; }

    /// <summary>Why the peer was refused; null if it was not.</summary>
    public string? Refusal { get; set; }

    /// <summary>Whether the handshake is complete.</summary>
    public bool IsDone { get; set; }

    /// <summary>The cause of a failed handshake, as a clause.</summary>
    public string Cause(TimeSpan timeout) => (Refusal, HasBegun) switch
    {
        ({ } refusal, _) => refusal,
        _ when Stopwatch.GetElapsedTime(_began) >= timeout - TimerTolerance =>
            $"it did not finish the TLS handshake within {timeout.TotalSeconds:0} seconds",
        (_, false) => "it does not speak TLS",
        _ => "it aborted the TLS handshake because it does not trust this node or offers no accepted version of TLS",
    };
}
