using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>Certificates and keys in text as other tools and hands leave it.</summary>
public sealed class CertificatesOfOthersTests(ExternalCertificates files, VaultFixture vault)
    : IClassFixture<ExternalCertificates>, IClassFixture<VaultFixture>
{
    private readonly CertificateImporter _importer = new(vault.Vault, CompromisedKeys.None, TimeProvider.System);

    [Fact]
    public void Leaf_is_found_by_its_key_wherever_it_stands()
    {
        var (leaf, chain, reversed) = (files.ReadText("rsa.pem"), files.ReadText("chain.pem"), files.ReadText("chain-reversed.pem"));
        foreach (var (certificatePem, chainPem) in new[] { (reversed + leaf, null), (chain, leaf), (leaf + chain, leaf + reversed), (leaf, chain) })
        {
            EnsureRead(certificatePem, chainPem);
        }
    }

    [Fact]
    public void Certificate_of_a_request_is_found_by_its_key()
    {
        using var key = RSA.Create();
        key.ImportFromPem(files.ReadText("rsa.key"));

        var issued = IssuedCertificate.Read(
            files.ReadText("chain-reversed.pem") + files.ReadText("rsa.pem"), null, key.ExportSubjectPublicKeyInfo(), DateTimeOffset.UtcNow);

        Assert.Equal(("CN=Imported Signer", 2), (issued.Leaf.Subject, issued.Chain.Length));
    }

    [Fact]
    public async Task Pkcs7_is_read_in_pem_and_in_base64()
    {
        await files.Tool.RunAsync("crl2pkcs7", "-nocrl", "-certfile", "chain-reversed.pem", "-certfile", "rsa.pem", "-out", "bundle.p7b");
        await files.Tool.RunAsync("pkcs7", "-in", "bundle.p7b", "-outform", "DER", "-out", "bundle.der");
        var pem = files.ReadText("bundle.p7b");

        EnsureRead(pem, null);
        EnsureRead(pem.Replace("PKCS7", "CMS", StringComparison.Ordinal), null);
        EnsureRead(Convert.ToBase64String(files.Read("bundle.der"), Base64FormattingOptions.InsertLineBreaks), null);
    }

    [Fact]
    public async Task Base64_of_der_and_of_pem_is_read()
    {
        await files.Tool.RunAsync("x509", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa.der");
        await files.Tool.RunAsync("pkcs8", "-topk8", "-nocrypt", "-in", "rsa.key", "-outform", "DER", "-out", "rsa-key.der");
        foreach (var (certificate, key) in new[] { ("rsa.der", "rsa-key.der"), ("rsa.pem", "rsa.key") })
        {
            EnsureRead(Base64(certificate), Base64("chain.pem"), Base64(key));
        }

        string Base64(string name) => Convert.ToBase64String(files.Read(name), Base64FormattingOptions.InsertLineBreaks);
    }

    [Theory]
    [InlineData("\uFEFF", "\r\n", "\r\n\r\n")]
    [InlineData("\uFEFF", "\n", "")]
    [InlineData("", "\r", " \t\n")]
    [InlineData("Bag Attributes\n", "\n", "\ntext\n")]
    public void Marks_and_ends_of_lines_change_nothing(string before, string end, string after)
    {
        EnsureRead(Framed("rsa.pem"), Framed("root.pem") + Framed("issuing.pem"), Framed("rsa.key"));

        string Framed(string name) => before + files.ReadText(name).Trim().ReplaceLineEndings(end) + after;
    }

    [Fact]
    public void Blocks_joined_without_an_end_of_line_are_read() =>
        EnsureRead(files.ReadText("rsa.pem").Trim() + files.ReadText("issuing.pem").Trim() + files.ReadText("root.pem"), null);

    [Fact]
    public void One_file_with_key_and_certificates_serves_both_fields()
    {
        var all = files.ReadText("rsa.key") + files.ReadText("rsa.pem") + files.ReadText("chain.pem");

        EnsureRead(all, null, all);
    }

    [Theory]
    [InlineData("prime256v1")]
    [InlineData("secp384r1")]
    [InlineData("secp521r1")]
    public async Task Ec_key_with_its_curve_spelled_out_is_read(string curve)
    {
        await files.Tool.RunAsync("ecparam", "-name", curve, "-genkey", "-noout", "-out", "named.key");
        await SelfSignAsync("named.key", "named.pem");
        foreach (var form in new string[][]
        {
            ["-param_enc", "explicit"],
            ["-conv_form", "compressed"],
            ["-param_enc", "explicit", "-conv_form", "compressed"],
            ["-no_public"],
        })
        {
            await files.Tool.RunAsync(["ec", "-in", "named.key", "-out", "form.sec1", .. form]);
            await files.Tool.RunAsync("pkcs8", "-topk8", "-nocrypt", "-in", "form.sec1", "-out", "form.pkcs8");

            Import(files.ReadText("named.pem"), null, files.ReadText("form.sec1"));
            Import(files.ReadText("named.pem"), null, files.ReadText("form.pkcs8"));
        }
    }

    [Theory]
    [InlineData("prime256v1", KeyAlgorithm.EcP256)]
    [InlineData("secp384r1", KeyAlgorithm.EcP384)]
    [InlineData("secp521r1", KeyAlgorithm.EcP521)]
    public async Task Certificate_with_compressed_point_or_spelled_out_curve_is_read(string curve, KeyAlgorithm algorithm)
    {
        foreach (var form in new string[][] { ["-conv_form", "compressed"], ["-param_enc", "explicit"] })
        {
            await files.Tool.RunAsync("ecparam", "-name", curve, "-genkey", "-noout", "-out", "point.key");
            await files.Tool.RunAsync(["ec", "-in", "point.key", "-out", "point-form.key", .. form]);
            await SelfSignAsync("point-form.key", "point.pem");

            Assert.Equal(algorithm, Import(files.ReadText("point.pem"), null, files.ReadText("point.key")).Leaf.KeyAlgorithm);
        }
    }

    [Fact]
    public async Task Spelled_out_curve_with_another_base_point_is_refused()
    {
        await files.Tool.RunAsync("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "named.key");
        await SelfSignAsync("named.key", "named.pem");
        await files.Tool.RunAsync("ec", "-in", "named.key", "-param_enc", "explicit", "-outform", "DER", "-out", "explicit.der");
        var der = files.Read("explicit.der");
        der[der.AsSpan().IndexOf(Convert.FromHexString("046B17D1F2")) + 5] ^= 1;

        var refused = Refusal(files.ReadText("named.pem"), Convert.ToBase64String(der));

        Assert.Equal(CertificateRefusal.UnsuitableKey, refused.Refusal);
        Assert.Contains("none of P-256, P-384 and P-521", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ed25519", "Ed25519")]
    [InlineData("secp256k1", "secp256k1")]
    [InlineData("dsa", "DSA")]
    [InlineData("rsa-pss", "id-RSASSA-PSS")]
    public async Task Key_that_is_not_supported_is_named(string kind, string name)
    {
        await OtherKeys.MakeAsync(files.Tool, kind);

        var refused = Refusal(files.ReadText($"{kind}.pem"), files.ReadText($"{kind}.key"));
        var ofCertificate = Assert.Throws<CertificateRefusedException>(() => CodeSigningRules.Ensure(Details($"{kind}.pem")));

        Assert.Equal(CertificateRefusal.UnsuitableKey, refused.Refusal);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(name, ofCertificate.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa", "rsa_pss_saltlen:max")]
    [InlineData("rsa", "rsa_pss_saltlen:digest")]
    [InlineData("rsa", "rsa_pss_saltlen:20")]
    [InlineData("rsa-pss", "rsa_pss_saltlen:max")]
    [InlineData("rsa", "rsa_mgf1_md:sha512")]
    public async Task Certificate_signed_with_pss_of_any_salt_is_verified(string kind, string option)
    {
        await IssueWithPssAsync(kind, "-sigopt", option);

        Assert.Single(Import(files.ReadText("pss-leaf.pem"), files.ReadText("pss-ca.pem"), files.ReadText("ec.key")).Chain);

        var altered = Details("pss-leaf.pem").Der.ToArray();
        altered[^1] ^= 1;
        var refused = Refusal(Convert.ToBase64String(altered), files.ReadText("ec.key"), files.ReadText("pss-ca.pem"));
        Assert.Contains("was not made by the given certificate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signature_algorithm_that_is_not_accepted_is_named()
    {
        await IssueWithPssAsync("rsa", "-sigopt", "rsa_mgf1_md:sha1");

        var refused = Refusal(files.ReadText("pss-leaf.pem"), files.ReadText("ec.key"), files.ReadText("pss-ca.pem"));

        Assert.Contains("uses RSASSA-PSS with the mask of SHA-1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_of_a_ca_that_is_not_supported_is_named()
    {
        await files.Tool.RunAsync("genpkey", "-algorithm", "ED25519", "-out", "ed-ca.key");
        await files.Tool.RunAsync(
            "req", "-x509", "-config", "openssl.cnf", "-extensions", "ca", "-key", "ed-ca.key", "-out", "ed-ca.pem", "-days", "9", "-subj", "/CN=Ed");
        await IssueAsync("ed-leaf.pem", "ed-ca.pem", "ed-ca.key");

        var refused = Refusal(files.ReadText("ed-leaf.pem"), files.ReadText("ec.key"), files.ReadText("ed-ca.pem"));

        Assert.Contains("Ed25519", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_of_the_wrong_field_is_told()
    {
        await files.Tool.RunAsync("req", "-new", "-key", "rsa.key", "-out", "rsa.csr", "-subj", "/CN=x", "-config", "openssl.cnf");
        var key = files.ReadText("rsa.key");

        Assert.Contains("signing request (CSR)", Refusal(files.ReadText("rsa.csr"), key).Message, StringComparison.Ordinal);
        Assert.Contains("no certificate but PRIVATE KEY", Refusal(key, key).Message, StringComparison.Ordinal);
        Assert.Contains("'pkcs12'", Refusal(Convert.ToBase64String(files.Read("rsa.p12")), key).Message, StringComparison.Ordinal);
        Assert.Contains("no private key but CERTIFICATE", Refusal(files.ReadText("rsa.pem"), files.ReadText("rsa.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("DEK-Info", Refusal(files.ReadText("rsa.pem"), files.ReadText("rsa-dek-info.key")).Message, StringComparison.Ordinal);
        Assert.Contains("damaged", Refusal(files.ReadText("rsa.pem")[..300], key).Message, StringComparison.Ordinal);
        Assert.Contains("has a password", Refusal(files.ReadText("rsa.pem"), files.ReadText("rsa-encrypted.key")).Message, StringComparison.Ordinal);
        Assert.Contains("scrypt", Refusal(files.ReadText("rsa.pem"), files.ReadText("rsa-scrypt.key")).Message, StringComparison.Ordinal);
    }

    private static async Task SelfSignAsync(OpenSsl tool, string key, string certificate) => await tool.RunAsync(
        "req", "-x509", "-config", "openssl.cnf", "-extensions", "code", "-key", key, "-out", certificate, "-days", "9", "-subj", "/CN=Self");

    private Task SelfSignAsync(string key, string certificate) => SelfSignAsync(files.Tool, key, certificate);

    private async Task IssueWithPssAsync(string kind, params string[] options)
    {
        await files.Tool.RunAsync("genpkey", "-algorithm", kind, "-pkeyopt", "rsa_keygen_bits:2048", "-out", "pss-ca.key");
        await files.Tool.RunAsync(
            ["req", "-x509", "-config", "openssl.cnf", "-extensions", "ca", "-key", "pss-ca.key", "-out", "pss-ca.pem", "-days", "9",
                "-subj", "/CN=Pss", "-sha256", "-sigopt", "rsa_padding_mode:pss", .. options]);
        await IssueAsync("pss-leaf.pem", "pss-ca.pem", "pss-ca.key", ["-sha256", "-sigopt", "rsa_padding_mode:pss", .. options]);
    }

    private async Task IssueAsync(string certificate, string issuer, string issuerKey, params string[] options)
    {
        await files.Tool.RunAsync("req", "-new", "-config", "openssl.cnf", "-key", "ec.key", "-out", "request", "-subj", "/CN=Leaf");
        await files.Tool.RunAsync(
            ["x509", "-req", "-in", "request", "-CA", issuer, "-CAkey", issuerKey, "-days", "9", "-out", certificate, "-extfile",
                "openssl.cnf", "-extensions", "code", .. options]);
    }

    private void EnsureRead(string certificatePem, string? chainPem, string? privateKeyPem = null)
    {
        var imported = Import(certificatePem, chainPem, privateKeyPem ?? files.ReadText("rsa.key"));
        Assert.Equal("CN=Imported Signer", imported.Leaf.Subject);
        Assert.Equal(["CN=Issuing", "CN=Root"], imported.Chain.Select(link => link.Subject));
    }

    private ImportedCertificate Import(string certificatePem, string? chainPem, string privateKeyPem)
    {
        var imported = _importer.ImportPem("key_i", certificatePem, chainPem, privateKeyPem, null);
        imported.Key.Handle.Dispose();
        return imported;
    }

    private CertificateRefusedException Refusal(string certificatePem, string privateKeyPem, string? chainPem = null) =>
        Assert.Throws<CertificateRefusedException>(() => _importer.ImportPem("key_i", certificatePem, chainPem, privateKeyPem, null));

    private CertificateDetails Details(string name)
    {
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(files.ReadText(name));
        return CertificateInspection.Read(certificate.RawData);
    }
}
