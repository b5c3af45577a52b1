using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CertificateExportTests(AuthorityFixture authorities) : IClassFixture<AuthorityFixture>
{
    [Fact]
    public async Task OpenSSL_reads_all_four_formats_and_the_public_key()
    {
        using var openSsl = new OpenSsl();
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.Rsa2048, KeyAlgorithm.EcP384);
        var leaf = ca.IssueLeaf(key.PublicKey);
        openSsl.Write("leaf.pem", CertificateExport.ToPem(leaf));
        openSsl.Write("leaf.der", leaf.Der.Span);
        openSsl.Write("chain.pem", CertificateExport.ToPem(leaf, [ca.Issuing, ca.Root]));
        openSsl.Write("leaf.p7b", CertificateExport.ToPkcs7(leaf, [ca.Issuing, ca.Root]));
        openSsl.Write("key.pem", CertificateExport.PublicKeyToPem(leaf.SubjectPublicKeyInfo));

        var fromPem = await openSsl.RunAsync("x509", "-in", "leaf.pem", "-outform", "PEM");
        var fromDer = await openSsl.RunAsync("x509", "-in", "leaf.der", "-inform", "DER", "-outform", "PEM");
        var fromPkcs7 = await openSsl.RunAsync("pkcs7", "-in", "leaf.p7b", "-inform", "DER", "-print_certs");
        await openSsl.RunAsync("crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-out", "chain.p7b");
        var fromChain = await openSsl.RunAsync("pkcs7", "-in", "chain.p7b", "-print_certs");
        var publicKey = await openSsl.RunAsync("pkey", "-pubin", "-in", "key.pem", "-pubout");

        Assert.Equal(CertificateExport.ToPem(leaf), fromPem);
        Assert.Equal(CertificateExport.ToPem(leaf), fromDer);
        Assert.Equal(fromChain, fromPkcs7);
        Assert.Equal(
            ["subject=CN = Example Signer", "subject=CN = Example Issuing", "subject=CN = Example Root"],
            fromPkcs7.Split('\n').Where(line => line.StartsWith("subject", StringComparison.Ordinal)));
        Assert.Equal(openSsl.ReadText("key.pem"), publicKey);
    }
}
