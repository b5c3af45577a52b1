using System.Text;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>What openssl makes of the certificates and the CRLs that the server gives out.</summary>
public sealed class ExportedChainTests(SigningWorld world) : IClassFixture<SigningWorld>, IDisposable
{
    private readonly TemporaryDirectory _files = new();

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("EC_P384")]
    public async Task OpenSSL_accepts_the_chain_strictly_and_finds_no_revocation(string keyAlgorithm)
    {
        await ExportAsync(await world.NewSignerAsync(keyAlgorithm));

        var verdict = await VerifyAsync();

        Assert.Contains("leaf.pem: OK", verdict, StringComparison.Ordinal);
        var text = await OpenSslAsync("x509 -in leaf.pem -noout -text");
        Assert.Contains("X509v3 Key Usage: critical\n                Digital Signature\n", text, StringComparison.Ordinal);
        Assert.Contains("X509v3 Extended Key Usage: \n                Code Signing\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenSSL_refuses_a_revoked_certificate_by_the_new_CRL()
    {
        var signer = await world.NewSignerAsync();
        var certificate = (await world.Administrator.GetAsync($"/api/v1/pki/signers/{signer}")).Succeeded().Text("certificateId");
        (await world.Administrator.PostAsync($"/api/v1/pki/certificates/{certificate}/revoke", new { reason = "keyCompromise" })).Succeeded();
        await ExportAsync(signer);

        var refusal = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(VerifyAsync);

        Assert.Contains("certificate revoked", refusal.Message, StringComparison.Ordinal);
        (await world.SignAsync(signer, "ECDSA_SHA256", new byte[32], isDigest: true)).Refused(400, "CertificateRevoked");
    }

    [Fact]
    public async Task All_four_formats_hold_the_same_certificate()
    {
        var signer = await world.SignerWithAsync("EC_P256");
        foreach (var format in new[] { "pem", "der", "p7b", "chain" })
        {
            await File.WriteAllBytesAsync(_files.File(format), await world.CertificateAsync(signer, format));
        }

        var certificate = await OpenSslAsync("x509 -in pem -outform PEM");

        Assert.Equal(certificate, await OpenSslAsync("x509 -in der -inform DER -outform PEM"));
        Assert.Equal(certificate, await OpenSslAsync("x509 -in chain -outform PEM"));
        var form = (await File.ReadAllTextAsync(_files.File("p7b"))).StartsWith("-----", StringComparison.Ordinal) ? "PEM" : "DER";
        Assert.Contains(certificate, await OpenSslAsync($"pkcs7 -in p7b -inform {form} -print_certs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signature_includes_its_chain_on_request()
    {
        var signer = await world.SignerWithAsync("EC_P256");

        var answer = (await world.SignAsync(signer, "ECDSA_SHA256", new byte[32], isDigest: true, "?include=chain")).Succeeded();

        Assert.Equal(Encoding.ASCII.GetString(await world.CertificateAsync(signer, "chain")), answer.Text("certificateChain"));
    }

    public void Dispose() => _files.Dispose();

    private async Task ExportAsync(string signer)
    {
        await File.WriteAllBytesAsync(_files.File("leaf.pem"), await world.CertificateAsync(signer, "pem"));
        await File.WriteAllBytesAsync(_files.File("chain.pem"), await world.CertificateAsync(signer, "chain"));
        foreach (var (name, id) in new[] { ("root", world.RootId), ("issuer", world.IssuerId) })
        {
            var everybody = world.Server.AsNobody();
            await File.WriteAllBytesAsync(
                _files.File($"{name}.pem"), (await everybody.GetAsync($"/api/v1/pki/ca/{id}/certificate")).Succeeded().Body);
            await File.WriteAllBytesAsync(
                _files.File($"{name}.crl"), (await everybody.GetAsync($"/api/v1/pki/ca/{id}/crl")).Succeeded().Body);
            await OpenSslAsync($"crl -inform DER -in {name}.crl -out {name}.crl.pem");
        }
    }

    /// <summary>
    /// With nothing trusted but the root, and the intermediate only from the exported chain. OpenSSL knows the purpose of
    /// code signing from 3.2 on; before, the extensions are looked at apart.
    /// </summary>
    private Task<string> VerifyAsync() => OpenSslAsync(
        "verify -x509_strict -no-CApath -no-CAstore -CAfile root.pem -untrusted chain.pem "
        + "-crl_check_all -CRLfile root.crl.pem -CRLfile issuer.crl.pem -purpose any leaf.pem");

    private Task<string> OpenSslAsync(string arguments) => ExternalProgram.OpenSslAsync(_files.Path, arguments);
}
