using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Trust;

/// <summary>A cluster authority at work in one node: it vouches for this node, and judges others. Safe for use by several threads.</summary>
internal sealed class TrustedAuthority : IDisposable
{
    // Clocks of machines differ: what is valid from this very second would be refused by some.
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly AuthorityKey _key;
    private readonly VerificationKey _publicKey;
    private readonly TimeProvider _time;
    private readonly string _cluster;
    private readonly TimeSpan _certificateLife;
    private X509Certificate2? _certificate;
    private DateTimeOffset _renewAt;

    /// <summary>Takes over a key.</summary>
    public TrustedAuthority(AuthorityKey key, string cluster, TrustOptions options, TimeProvider time)
    {
        _key = key;
        _publicKey = VerificationKey.FromSubjectPublicKeyInfo(key.Handle.PublicKey.Span);
        _cluster = cluster;
        _time = time;
        _certificateLife = options.CertificateLife;
    }

    /// <summary>The version of the row that holds the key.</summary>
    public long Version => _key.Version;

    /// <summary>This node's certificate; a new one before half of the old one's life is over.</summary>
    public X509Certificate2 Certificate
    {
        get
        {
            lock (_gate)
            {
                var now = DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());
                // The one before is not disposed of: a handshake may be using it.
                return _certificate is { } certificate && now < _renewAt ? certificate : _certificate = Issue(now);
            }
        }
    }

    /// <summary>Says, as the end of a sentence, why the other end of a connection is refused; null for a node.</summary>
    public string? RefusalOf(X509Certificate? certificate) => certificate is X509Certificate2 shown
        ? NodeCertificate.RefusalOf(shown, _publicKey, _cluster, _time.GetUtcNow())
        : "it shows no certificate";

    public void Dispose()
    {
        lock (_gate)
        {
            _key.Dispose();
        }

        _publicKey.Dispose();
    }

    private X509Certificate2 Issue(DateTimeOffset now)
    {
        var notBefore = now - Backdating;
        _renewAt = notBefore + (_certificateLife / 2);
        return NodeCertificate.Issue(_key.Handle, _cluster, notBefore, notBefore + _certificateLife);
    }
}

/// <summary>Times of the trust between nodes. They are no settings: tests shorten them.</summary>
internal sealed class TrustOptions
{
    /// <summary>How long a node's certificate is valid, more than two hours.</summary>
    public TimeSpan CertificateLife { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often a node looks whether the cluster authority was replaced; nodes that know refuse those that do not yet.</summary>
    public TimeSpan ReplacementPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a handshake may take.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>Registers the trust between nodes.</summary>
internal static class TrustHosting
{
    /// <summary>Adds it, to a host that has the store.</summary>
    public static void AddClusterTrust(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TrustOptions>();
        builder.Services.AddSingleton<AuthorityKeys>();
        builder.Services.AddSingleton<ClusterTrust>();
        builder.Services.AddSingleton<MutualTls>();
        builder.Services.AddSingleton<AuthorityWatch>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AuthorityWatch>());
        // Its lines bear a stack and no address; MutualTls has one for each of them.
        builder.Logging.AddFilter("Orleans.Connections.Security", LogLevel.None);
    }
}
