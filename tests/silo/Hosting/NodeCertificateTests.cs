using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Tests.Keys;
using CodeSigning.Silo.Trust;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>The certificates that nodes make themselves, as they age.</summary>
public sealed class NodeCertificateTests : IDisposable
{
    private const string Cluster = "c1";
    private static readonly TrustOptions Day = new() { CertificateLife = TimeSpan.FromHours(24) };

    private readonly ManualTimeProvider _time = new();
    private readonly KeyVault _vault = new(new KeySealer(MasterKey.FromBytes(new byte[32])), new StoredKeys());
    private readonly NewKey _key;
    private readonly TrustedAuthority _here;
    private readonly TrustedAuthority _there;

    public NodeCertificateTests()
    {
        _key = _vault.Generate("cluster-authority", KeyPurpose.ClusterAuthority, KeyAlgorithm.EcP256);
        _here = Open(_key.Sealed);
        _there = Open(_key.Sealed);
    }

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
        _key.Handle.Dispose();
        _vault.Dispose();
    }

    [Fact]
    public void Nodes_of_one_authority_accept_each_other()
    {
        Assert.Null(_here.RefusalOf(_there.Certificate));
        Assert.Null(_there.RefusalOf(_here.Certificate));
    }

    [Fact]
    public void Certificate_is_renewed_before_half_its_life()
    {
        var first = _here.Certificate;
        _time.Advance(TimeSpan.FromHours(10));
        Assert.Same(first, _here.Certificate);

        _time.Advance(TimeSpan.FromHours(1));
        var second = _here.Certificate;

        Assert.NotSame(first, second);
        Assert.NotEqual(first.GetPublicKey(), second.GetPublicKey());
        Assert.True(first.NotAfter.ToUniversalTime() - _time.GetUtcNow() >= TimeSpan.FromHours(12));
        Assert.Null(_there.RefusalOf(second));
    }

    [Fact]
    public void Node_that_runs_for_a_year_is_never_refused()
    {
        for (var hour = 0; hour < 365 * 24; hour += 7)
        {
            _time.Advance(TimeSpan.FromHours(7));
            Assert.Null(_there.RefusalOf(_here.Certificate));
        }
    }

    [Fact]
    public void Stolen_node_certificate_expires_within_a_day()
    {
        var stolen = _here.Certificate;
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Null(_there.RefusalOf(stolen));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.StartsWith("its certificate expired", _there.RefusalOf(stolen), StringComparison.Ordinal);
    }

    [Fact]
    public void Clocks_may_differ_by_an_hour()
    {
        ManualTimeProvider fast = new();
        fast.Advance(TimeSpan.FromHours(1));
        using TrustedAuthority ahead = new(new AuthorityKey(OpenKey(_key.Sealed), 1), Cluster, Day, fast);

        Assert.Null(_here.RefusalOf(ahead.Certificate));
        Assert.Null(ahead.RefusalOf(_here.Certificate));
    }

    [Fact]
    public void Certificate_without_both_TLS_usages_is_refused()
    {
        using var authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var imported = _vault.Import("cluster-authority", KeyPurpose.ClusterAuthority, authority);
        using TrustedAuthority trusted = new(new AuthorityKey(imported.Handle, 1), Cluster, Day, _time);
        using var server = Issue(authority, isAuthority: false, "1.3.6.1.5.5.7.3.1");
        using var both = Issue(authority, isAuthority: false, "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        using var intermediate = Issue(authority, isAuthority: true, "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");

        Assert.Equal("its certificate is not a node certificate", trusted.RefusalOf(server));
        Assert.Equal("its certificate is not a node certificate", trusted.RefusalOf(intermediate));
        Assert.Null(trusted.RefusalOf(both));
    }

    [Fact]
    public async Task Running_silo_renews_its_certificate()
    {
        await using var silo = await RunningSilo.StartAsync(_time);
        await using var first = await SiloCaller.ConnectAsync(silo.Endpoint, silo.Trust.Authority.Certificate);
        Assert.True(await first.ReadAsync() > 0);

        _time.Advance(TimeSpan.FromHours(30));
        await using var second = await SiloCaller.ConnectAsync(silo.Endpoint, silo.Trust.Authority.Certificate);
        Assert.True(await second.ReadAsync() > 0);

        Assert.NotEqual(first.SiloCertificate!.SerialNumber, second.SiloCertificate!.SerialNumber);
        Assert.True(second.SiloCertificate.NotAfter.ToUniversalTime() > _time.GetUtcNow());
        await using var late = await SiloCaller.ConnectAsync(silo.Endpoint, _here.Certificate);
        Assert.Equal(0, await late.ReadAsync());
    }

    private TrustedAuthority Open(SealedKey key) => new(new AuthorityKey(OpenKey(key), 1), Cluster, Day, _time);

    private KeyHandle OpenKey(SealedKey key) => _vault.Open(key, key.Reference, KeyPurpose.ClusterAuthority);

    private X509Certificate2 Issue(ECDsa authority, bool isAuthority, params string[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN=node of {Cluster}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], critical: true));
        var now = _time.GetUtcNow();
        return request.Create(
            new X500DistinguishedName("CN=cluster authority"), X509SignatureGenerator.CreateForECDsa(authority), now, now.AddHours(1), [1]);
    }
}
