using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Trust;

/// <summary>
/// A trusted cluster authority in this node: issues this node's certificate and verifies those of others. Safe for use
/// by several threads.
/// </summary>
internal sealed class TrustedAuthority : IDisposable
{
    // Tolerates differences between the nodes' clocks.
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly AuthorityKey _key;
    private readonly VerificationKey _publicKey;
    private readonly TimeProvider _time;
    private readonly string _cluster;
    private readonly TimeSpan _certificateLife;
    private X509Certificate2? _certificate;
    private DateTimeOffset _renewAt;

    /// <summary>Takes ownership of a key.</summary>
    public TrustedAuthority(AuthorityKey key, string cluster, TrustOptions options, TimeProvider time)
    {
        _key = key;
        _publicKey = VerificationKey.FromSubjectPublicKeyInfo(key.Handle.PublicKey.Span);
        _cluster = cluster;
        _time = time;
        _certificateLife = options.CertificateLife;
    }

    /// <summary>The authority's public key, as SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> PublicKey => _key.Handle.PublicKey;

    /// <summary>The version of the key's row.</summary>
    public long Version => _key.Version;

    /// <summary>This node's certificate, renewed before half of its lifetime has passed.</summary>
    public X509Certificate2 Certificate
    {
        get
        {
            lock (_gate)
            {
                var now = DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());
                // The previous certificate is not disposed: a handshake may still use it.
                return _certificate is { } certificate && now < _renewAt ? certificate : _certificate = Issue(now);
            }
        }
    }

    /// <summary>Why a peer is refused, as a clause; null for a node.</summary>
    public string? RefusalOf(X509Certificate? certificate) => certificate is X509Certificate2 shown
        ? NodeCertificate.RefusalOf(shown, _publicKey, _cluster, _time.GetUtcNow())
        : "it presented no certificate";

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

/// <summary>The times of the trust between nodes. Not settings; tests shorten them.</summary>
internal sealed class TrustOptions
{
    /// <summary>How long a node's certificate is valid, more than two hours.</summary>
    public TimeSpan CertificateLife { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The interval at which a node checks for a replaced cluster authority; until then it is refused by nodes that
    /// know.
    /// </summary>
    public TimeSpan ReplacementPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a handshake may take.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>Registers the trust between nodes.</summary>
internal static class TrustHosting
{
    /// <summary>Adds the trust to a host that has the store.</summary>
    public static void AddClusterTrust(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TrustOptions>();
        builder.Services.AddSingleton<AuthorityKeys>();
        builder.Services.AddSingleton<ClusterTrust>();
        builder.Services.AddSingleton<MutualTls>();
        builder.Services.AddSingleton<AuthorityWatch>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AuthorityWatch>());
        // Its lines have a stack and no address; MutualTls logs each case instead.
        builder.Logging.AddFilter("Orleans.Connections.Security", LogLevel.None);
    }
}
