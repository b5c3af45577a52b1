using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class SigningRequestTests(AuthorityFixture authorities) : IClassFixture<AuthorityFixture>
{
    private const string CaConfiguration = """
        [req]
        distinguished_name = dn
        [dn]
        [ca]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        [code]
        keyUsage = critical, digitalSignature
        extendedKeyUsage = codeSigning
        [tls]
        extendedKeyUsage = serverAuth
        """;

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa4096)]
    [InlineData(KeyAlgorithm.EcP256)]
    [InlineData(KeyAlgorithm.EcP384)]
    [InlineData(KeyAlgorithm.EcP521)]
    public async Task OpenSSL_verifies_the_request_and_the_issued_certificate_is_accepted(KeyAlgorithm kind)
    {
        using var openSsl = new OpenSsl();
        using var key = await authorities.OpenAsync(kind);
        await CreateExternalCaAsync(openSsl);

        openSsl.Write("request.pem", SigningRequest.Create(key, "CN=Example Signer,O=Example\\, Ltd,C=DE"));
        var text = await openSsl.RunAsync("req", "-in", "request.pem", "-verify", "-noout", "-text", "-nameopt", "RFC2253");
        await IssueAsync(openSsl, "code");
        var issued = IssuedCertificate.Read(openSsl.ReadText("leaf.pem"), openSsl.ReadText("ca.pem"), key.PublicKey, DateTimeOffset.UtcNow);

        Assert.Contains("self-signature verify OK", text, StringComparison.Ordinal);
        Assert.Contains("Subject: CN=Example Signer,O=Example\\, Ltd,C=DE", text, StringComparison.Ordinal);
        Assert.Matches(@"Key Usage: critical\s+Digital Signature\n", text);
        Assert.Matches(@"Extended Key Usage: \s+Code Signing\n", text);
        Assert.Equal("CN=Example Signer,O=Example\\, Ltd,C=DE", issued.Leaf.Subject);
        Assert.Equal("CN=External CA", Assert.Single(issued.Chain).Subject);
    }

    [Fact]
    public async Task Certificate_with_wrong_key_purpose_or_chain_is_refused()
    {
        using var openSsl = new OpenSsl();
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        using var otherKey = await authorities.OpenAsync(KeyAlgorithm.EcP384);
        await CreateExternalCaAsync(openSsl);
        openSsl.Write("request.pem", SigningRequest.Create(key, "CN=Example"));
        await IssueAsync(openSsl, "code");
        var certificate = openSsl.ReadText("leaf.pem");
        var chain = openSsl.ReadText("ca.pem");
        await CreateExternalCaAsync(openSsl);
        var falseChain = openSsl.ReadText("ca.pem");
        await IssueAsync(openSsl, "tls");
        var forServers = openSsl.ReadText("leaf.pem");

        Assert.Equal(CertificateRefusal.KeyMismatch, Refusal(certificate, chain, otherKey.PublicKey));
        Assert.Equal(CertificateRefusal.NotACodeSigningCertificate, Refusal(forServers, null, key.PublicKey));
        Assert.Equal(CertificateRefusal.BrokenChain, Refusal(certificate, falseChain, key.PublicKey));
        Assert.Equal(CertificateRefusal.Malformed, Refusal("", chain, key.PublicKey));
        Assert.Equal(CertificateRefusal.Malformed, Refusal(openSsl.ReadText("request.pem"), chain, key.PublicKey));
        Assert.NotNull(IssuedCertificate.Read(certificate + chain, null, key.PublicKey, DateTimeOffset.UtcNow));
    }

    private static CertificateRefusal Refusal(string certificatePem, string? chainPem, ReadOnlyMemory<byte> publicKey) =>
        Assert.Throws<CertificateRefusedException>(() => IssuedCertificate.Read(certificatePem, chainPem, publicKey, DateTimeOffset.UtcNow)).Refusal;

    private static async Task CreateExternalCaAsync(OpenSsl openSsl)
    {
        openSsl.Write("ca.cnf", CaConfiguration);
        await openSsl.RunAsync(
            "req", "-x509", "-config", "ca.cnf", "-extensions", "ca", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=External CA", "-days", "10");
    }

    private static Task<string> IssueAsync(OpenSsl openSsl, string extensions) => openSsl.RunAsync(
        "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "5", "-out", "leaf.pem",
        "-extfile", "ca.cnf", "-extensions", extensions);
}
