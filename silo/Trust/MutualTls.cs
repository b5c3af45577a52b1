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
/// Both ends of every connection between silos show a certificate of the cluster authority, or nothing passes. Who fails
/// leaves one line in the log.
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
            // Orleans' own modes do not tell the validation which connection it is about, nor call it where no certificate is
            // shown. Both are demanded below; and what was not found to be a node's is not let through.
            RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
            OnAuthenticateAsServer = (connection, tls) => Require(connection, (SslServerAuthenticationOptions)tls.SslServerAuthenticationOptions),
            OnAuthenticateAsClient = (connection, tls) => Require(connection, (SslClientAuthenticationOptions)tls.SslClientAuthenticationOptions),
        };
    }

    /// <summary>Puts all connections of a silo behind it; what <c>UseTls</c> does, between a guard before it and one behind it.</summary>
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
        tls.AllowTlsResume = false; // A session that is taken up again would outlive the authority that it began under.
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

    // The chain that the platform builds is not looked at; it must not ask the system's store or the network meanwhile.
    private static X509ChainPolicy NobodyElse() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static Handshake HandshakeOf(ConnectionContext connection) =>
        connection.Features.Get<Handshake>() ?? throw new InvalidOperationException("The connection has not passed the guard before TLS.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection from {Remote} to this node's silo port was refused: {Cause}.")]
    private static partial void LogRefused(ILogger logger, string? remote, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to {Remote} was given up: {Cause}.")]
    private static partial void LogNotReached(ILogger logger, string? remote, string cause);
}

/// <summary>How far a connection has come towards being a node's. It travels with the connection, as a feature of it.</summary>
internal sealed class Handshake(TrustedAuthority under)
{
    // A timer fires up to one tick of the system's clock before the stopwatch has come to its time.
    private static readonly TimeSpan TimerTolerance = TimeSpan.FromMilliseconds(100);

    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>The authority that it is made under.</summary>
    public TrustedAuthority Under => under;

    /// <summary>Whether the other end has said what TLS begins with.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Whether the other end has shown that it is a node.</summary>
    public bool IsOfNode { get; set; }

    /// <summary>Why the other end is refused, where that was decided.</summary>
    public string? Refusal { get; set; }

    /// <summary>Whether the TLS stack went on past the handshake.</summary>
    public bool IsDone { get; set; }

    /// <summary>Says, as the end of a sentence, why it came to nothing.</summary>
    public string Cause(TimeSpan timeout) => (Refusal, HasBegun) switch
    {
        ({ } refusal, _) => refusal,
        _ when Stopwatch.GetElapsedTime(_began) >= timeout - TimerTolerance =>
            $"it did not finish the TLS handshake within {timeout.TotalSeconds:0} seconds",
        (_, false) => "it does not speak TLS",
        _ => "it broke the TLS handshake off, as who does not trust this node does, or offers no version of TLS that is accepted here",
    };
}
