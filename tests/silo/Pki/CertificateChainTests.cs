using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CertificateChainTests(AuthorityFixture authorities) : IClassFixture<AuthorityFixture>
{
    [Fact]
    public async Task Unordered_chain_with_duplicates_is_ordered_from_the_issuer_up()
    {
        var (leaf, ca) = await IssueAsync();

        foreach (var given in new[]
        {
            new[] { ca.Issuing, ca.Root },
            [ca.Root, ca.Issuing],
            [ca.Root, leaf, ca.Issuing, ca.Root, ca.Issuing],
        })
        {
            Assert.Equal([ca.Issuing.Thumbprint, ca.Root.Thumbprint], CertificateChain.Order(leaf, given).Select(link => link.Thumbprint));
        }
    }

    [Fact]
    public async Task Chain_may_end_before_the_root_or_at_once()
    {
        var (leaf, ca) = await IssueAsync();

        Assert.Equal([ca.Issuing.Thumbprint], CertificateChain.Order(leaf, [ca.Issuing]).Select(link => link.Thumbprint));
        Assert.Empty(CertificateChain.Order(leaf, []));
    }

    [Fact]
    public async Task Unrelated_certificate_is_refused()
    {
        var (leaf, ca) = await IssueAsync();
        using var otherKey = await authorities.OpenAsync(KeyAlgorithm.EcP521);
        var stranger = CertificateAuthority.CreateRoot(otherKey, "Stranger", TimeSpan.FromDays(1), authorities.Time);

        Assert.Equal(CertificateRefusal.UnrelatedCertificate, Refusal(leaf, ca.Issuing, ca.Root, stranger));
        Assert.Equal(CertificateRefusal.UnrelatedCertificate, Refusal(leaf, stranger));
        Assert.Equal(CertificateRefusal.UnrelatedCertificate, Refusal(leaf, ca.Root));
    }

    [Fact]
    public async Task Issuer_of_same_name_with_another_key_is_refused()
    {
        var (leaf, ca) = await IssueAsync();
        using var otherKey = await authorities.OpenAsync(KeyAlgorithm.EcP521);
        var impostor = CertificateAuthority.CreateRoot(otherKey, "Example Issuing", TimeSpan.FromDays(1), authorities.Time);

        Assert.Equal(CertificateRefusal.BrokenChain, Refusal(leaf, impostor));
        Assert.Equal(
            CertificateRefusal.UnrelatedCertificate, Refusal(leaf, impostor, ca.Issuing, ca.Root));
    }

    [Fact]
    public void Issuer_that_is_not_a_CA_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var notACa = SelfSigned("CN=Not a CA", key, []);
        var leaf = Issued("CN=Leaf", "CN=Not a CA", key);

        Assert.Equal(CertificateRefusal.BrokenChain, Refusal(leaf, notACa));
    }

    [Fact]
    public void More_CAs_than_the_path_length_are_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = SelfSigned("CN=Root", key, [new X509BasicConstraintsExtension(true, true, 0, true)]);
        var middle = Issued("CN=Middle", "CN=Root", key, new X509BasicConstraintsExtension(true, false, 0, true));
        var leaf = Issued("CN=Leaf", "CN=Middle", key);

        Assert.Equal(CertificateRefusal.BrokenChain, Refusal(leaf, root, middle));
    }

    [Fact]
    public void SHA1_link_is_refused_and_SHA1_root_is_accepted()
    {
        using var rsa = RSA.Create(2048);
        var sha1 = new Sha1SignatureGenerator(rsa);
        var sha256 = X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1);
        var root = Issued("CN=Root", rsa, HashAlgorithmName.SHA1, sha1);

        Assert.Equal(CertificateRefusal.BrokenChain, Refusal(Issued("CN=Leaf", rsa, HashAlgorithmName.SHA1, sha1), root));
        Assert.Single(CertificateChain.Order(Issued("CN=Leaf", rsa, HashAlgorithmName.SHA256, sha256), [root]));
    }

    [Fact]
    public void Chain_signed_with_PSS_is_verified()
    {
        using var rsa = RSA.Create(2048);
        var pss = X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pss);
        var root = Issued("CN=Root", rsa, HashAlgorithmName.SHA512, pss);
        var leaf = Issued("CN=Leaf", rsa, HashAlgorithmName.SHA384, pss);

        Assert.Single(CertificateChain.Order(leaf, [root]));
        Assert.Equal(CertificateRefusal.BrokenChain, Refusal(CertificateInspection.Read(Altered(leaf.Der)), root));
    }

    [Fact]
    public async Task Root_whose_own_signature_is_damaged_is_refused()
    {
        var (leaf, ca) = await IssueAsync();

        Assert.Equal(
            CertificateRefusal.BrokenChain, Refusal(leaf, ca.Issuing, CertificateInspection.Read(Altered(ca.Root.Der))));
    }

    [Fact]
    public void Chain_follows_cross_certificate_and_omits_the_self_signed_root()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var oldKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var authority = new X509BasicConstraintsExtension(true, false, 0, true);
        var oldRoot = SelfSigned("CN=Old", oldKey, [authority]);
        var root = SelfSigned("CN=Root", key, [authority]);
        var cross = Issued("CN=Root", "CN=Old", key, oldKey, authority);
        var leaf = Issued("CN=Leaf", "CN=Root", key);

        var chain = CertificateChain.Order(leaf, [root, oldRoot, cross]);

        Assert.Equal([cross.Thumbprint, oldRoot.Thumbprint], chain.Select(link => link.Thumbprint));
    }

    [Fact]
    public async Task More_certificates_than_any_chain_has_are_refused()
    {
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var many = Enumerable.Range(0, CertificateChain.MostCertificates + 1)
            .Select(number => CertificateAuthority.CreateRoot(key, $"Root {number}", TimeSpan.FromDays(1), authorities.Time)).ToArray();

        Assert.Equal(CertificateRefusal.LimitExceeded, Refusal((await IssueAsync()).Leaf, many));
    }

    [Fact]
    public void Longest_chain_is_accepted_and_one_CA_more_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new X509BasicConstraintsExtension(true, false, 0, true);
        var chain = new List<CertificateDetails> { SelfSigned("CN=Authority 0", key, [authority]) };
        while (chain.Count <= CertificateChain.MostCertificates)
        {
            chain.Add(Issued($"CN=Authority {chain.Count}", $"CN=Authority {chain.Count - 1}", key, authority));
        }

        var longest = chain[..CertificateChain.MostCertificates];

        Assert.Equal(longest.Count, CertificateChain.Order(Issued("CN=Leaf", $"CN=Authority {longest.Count - 1}", key), longest).Length);
        Assert.Equal(CertificateRefusal.LimitExceeded, Refusal(Issued("CN=Leaf", $"CN=Authority {longest.Count}", key), [.. chain]));
    }

    private static CertificateRefusal Refusal(CertificateDetails leaf, params CertificateDetails[] others) =>
        Assert.Throws<CertificateRefusedException>(() => CertificateChain.Order(leaf, others)).Refusal;

    private static byte[] Altered(ReadOnlyMemory<byte> der)
    {
        var altered = der.ToArray();
        altered[^1] ^= 1;
        return altered;
    }

    private static CertificateDetails SelfSigned(string name, ECDsa key, X509Extension[] extensions)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return CertificateInspection.Read(certificate.RawData);
    }

    /// <summary>Issues under CN=Root with the root's own key; the root itself too.</summary>
    private static CertificateDetails Issued(string name, RSA key, HashAlgorithmName hash, X509SignatureGenerator generator)
    {
        var request = new CertificateRequest(new X500DistinguishedName(name), new PublicKey(key), hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.Create(
            new X500DistinguishedName("CN=Root"), generator, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), [1]);
        return CertificateInspection.Read(certificate.RawData);
    }

    private static CertificateDetails Issued(string name, string issuer, ECDsa key, params X509Extension[] extensions) =>
        Issued(name, issuer, key, key, extensions);

    private static CertificateDetails Issued(string name, string issuer, ECDsa key, ECDsa issuerKey, params X509Extension[] extensions)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.Create(
            new X500DistinguishedName(issuer), X509SignatureGenerator.CreateForECDsa(issuerKey),
            DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return CertificateInspection.Read(certificate.RawData);
    }

    private async Task<(CertificateDetails Leaf, TestAuthority Authority)> IssueAsync()
    {
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.Rsa2048, KeyAlgorithm.EcP384);
        return (ca.IssueLeaf(key.PublicKey), ca);
    }

    /// <summary>Signs as CAs did before 2016; the platform's own generator does not any more.</summary>
    private sealed class Sha1SignatureGenerator(RSA key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) =>
            Convert.FromHexString("300D06092A864886F70D0101050500");

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
            key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
