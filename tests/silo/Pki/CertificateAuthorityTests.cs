using System.Globalization;
using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CertificateAuthorityTests(AuthorityFixture authorities) : IClassFixture<AuthorityFixture>
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    [Theory]
    [InlineData(KeyAlgorithm.Rsa4096, KeyAlgorithm.Rsa3072, KeyAlgorithm.Rsa2048, "sha384WithRSAEncryption", "sha256WithRSAEncryption")]
    [InlineData(KeyAlgorithm.EcP521, KeyAlgorithm.EcP384, KeyAlgorithm.EcP256, "ecdsa-with-SHA512", "ecdsa-with-SHA384")]
    [InlineData(KeyAlgorithm.Rsa3072, KeyAlgorithm.EcP256, KeyAlgorithm.Rsa4096, "sha256WithRSAEncryption", "ecdsa-with-SHA256")]
    [InlineData(KeyAlgorithm.EcP256, KeyAlgorithm.Rsa2048, KeyAlgorithm.EcP521, "ecdsa-with-SHA256", "sha256WithRSAEncryption")]
    public async Task OpenSSL_accepts_the_chain_in_strict_mode_with_CRLs(
        KeyAlgorithm rootKind, KeyAlgorithm issuingKind, KeyAlgorithm leafKind, string rootSignature, string issuingSignature)
    {
        using var openSsl = new OpenSsl();
        using var leafKey = await authorities.OpenAsync(leafKind);
        var ca = await authorities.CreateAsync(rootKind, issuingKind);
        var leaf = ca.IssueLeaf(leafKey.PublicKey);
        WriteChain(openSsl, ca, leaf);
        WriteCrl(openSsl, "root.crl", ca.RootAuthority.BuildRevocationList([], 1, Year));
        WriteCrl(openSsl, "issuing.crl", ca.IssuingAuthority.BuildRevocationList([], 1, Year));

        var verdict = await openSsl.RunAsync(
            "verify", "-x509_strict", "-policy_check", "-purpose", "any", "-crl_check_all", "-CRLfile", "root.crl", "-CRLfile",
            "issuing.crl", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem");

        Assert.Contains("leaf.pem: OK", verdict, StringComparison.Ordinal);
        Assert.Contains($"Signature Algorithm: {rootSignature}", await Text(openSsl, "issuing.pem"), StringComparison.Ordinal);
        Assert.Contains($"Signature Algorithm: {issuingSignature}", await Text(openSsl, "leaf.pem"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenSSL_accepts_the_leaf_for_code_signing_alone()
    {
        using var openSsl = new OpenSsl();
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP384, KeyAlgorithm.EcP256);
        WriteChain(openSsl, ca, ca.IssueLeaf(leafKey.PublicKey));
        var (_, purposes) = await openSsl.TryRunAsync("verify", "-help");

        // The purpose codesign came with OpenSSL 3.2. Older ones show the same facts in the text of the certificate.
        if (purposes.Contains("Code signing", StringComparison.OrdinalIgnoreCase))
        {
            await openSsl.RunAsync(
                "verify", "-x509_strict", "-purpose", "codesign", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem");
        }

        foreach (var wrongPurpose in new[] { "sslserver", "sslclient", "smimesign", "timestampsign" })
        {
            var (exitCode, _) = await openSsl.TryRunAsync(
                "verify", "-purpose", wrongPurpose, "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem");
            Assert.NotEqual(0, exitCode);
        }
    }

    [Fact]
    public async Task Leaf_has_exactly_the_extensions_of_a_code_signing_certificate()
    {
        using var openSsl = new OpenSsl();
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP384, KeyAlgorithm.EcP256);
        WriteChain(openSsl, ca, ca.IssueLeaf(leafKey.PublicKey));

        var text = await openSsl.RunAsync(
            "x509", "-in", "leaf.pem", "-noout", "-text", "-certopt",
            "no_header,no_version,no_serial,no_signame,no_validity,no_subject,no_issuer,no_pubkey,no_sigdump,no_aux");

        var extensions = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                "X509v3 extensions:",
                "X509v3 Basic Constraints: critical", "CA:FALSE",
                "X509v3 Key Usage: critical", "Digital Signature",
                "X509v3 Extended Key Usage:", "Code Signing",
                "X509v3 Subject Key Identifier:", Colons(ca.IssueLeaf(leafKey.PublicKey).SubjectKeyIdentifier!),
                "X509v3 Authority Key Identifier:", Colons(ca.Issuing.SubjectKeyIdentifier!),
                "X509v3 CRL Distribution Points:", "Full Name:", "URI:http://pki.example/api/v1/pki/ca/ca_issuing/crl",
            ],
            extensions.Select(line => line.Replace("keyid:", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task CAs_sign_certificates_and_CRLs_and_issuing_CAs_no_CAs()
    {
        using var openSsl = new OpenSsl();
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP384, KeyAlgorithm.EcP256);
        WriteChain(openSsl, ca, ca.IssueLeaf(leafKey.PublicKey));

        var root = await Text(openSsl, "root.pem");
        var issuing = await Text(openSsl, "issuing.pem");

        Assert.Matches(@"Basic Constraints: critical\s+CA:TRUE\n", root);
        Assert.Matches(@"Basic Constraints: critical\s+CA:TRUE, pathlen:0\n", issuing);
        Assert.All([root, issuing], text => Assert.Matches(@"Key Usage: critical\s+Certificate Sign, CRL Sign\n", text));
        Assert.Contains($"URI:{AuthorityFixture.RootCrl}", issuing, StringComparison.Ordinal);
        var refusal = Assert.Throws<CertificateRefusedException>(
            () => ca.IssuingAuthority.IssueAuthority(leafKey.PublicKey, "Third", Year, null));
        Assert.Equal(CertificateRefusal.UnsuitableIssuer, refusal.Refusal);
    }

    [Fact]
    public async Task Certificate_begins_slightly_earlier_and_ends_after_its_lifetime()
    {
        var time = new FixedTime(new DateTimeOffset(2027, 3, 1, 12, 0, 0, 250, TimeSpan.Zero));
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256, time);
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        time.Now += TimeSpan.FromDays(30);

        var leaf = ca.IssueLeaf(leafKey.PublicKey);

        Assert.Equal(new DateTimeOffset(2027, 3, 31, 11, 55, 0, TimeSpan.Zero), leaf.NotBefore);
        Assert.Equal(new DateTimeOffset(2028, 3, 30, 12, 0, 0, TimeSpan.Zero), leaf.NotAfter);
    }

    [Fact]
    public async Task Certificate_never_outlives_its_issuer_nor_begins_before_it()
    {
        var time = new FixedTime(new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256, time);
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);

        Assert.Equal(ca.Root.NotBefore, ca.Issuing.NotBefore);
        time.Now = ca.Issuing.NotAfter - TimeSpan.FromDays(1);
        Assert.Equal(ca.Issuing.NotAfter, ca.IssueLeaf(leafKey.PublicKey).NotAfter);
        time.Now = ca.Issuing.NotAfter;
        Assert.Equal(
            CertificateRefusal.UnsuitableIssuer,
            Assert.Throws<CertificateRefusedException>(() => ca.IssueLeaf(leafKey.PublicKey)).Refusal);
    }

    [Fact]
    public async Task Validity_beyond_2049_is_encoded_correctly()
    {
        var time = new FixedTime(new DateTimeOffset(2047, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256, time);

        Assert.Equal(time.Now + TimeSpan.FromDays(3650), ca.Root.NotAfter);
    }

    [Fact]
    public async Task Serial_numbers_are_positive_random_and_match_OpenSSL()
    {
        using var openSsl = new OpenSsl();
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256);
        var serials = new HashSet<string>();
        for (var count = 0; count < 24; count++)
        {
            var leaf = ca.IssueLeaf(leafKey.PublicKey);
            openSsl.Write("leaf.pem", CertificateExport.ToPem(leaf));

            var printed = await openSsl.RunAsync("x509", "-in", "leaf.pem", "-noout", "-serial");

            Assert.Equal($"serial={leaf.SerialNumber.ToUpperInvariant()}", printed.Trim());
            Assert.InRange(leaf.SerialNumber.Length, 26, 32);
            Assert.True(serials.Add(leaf.SerialNumber));
        }

        Assert.Contains(serials, serial => serial.Length == 32 && int.Parse(serial[..1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) >= 8);
    }

    [Fact]
    public async Task Revoked_certificate_is_on_the_CRL_and_OpenSSL_refuses_it()
    {
        using var openSsl = new OpenSsl();
        using var leafKey = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.Rsa3072, KeyAlgorithm.EcP384);
        var reasons = Enum.GetValues<RevocationReason>();
        var revoked = reasons.Select(reason => (Leaf: ca.IssueLeaf(leafKey.PublicKey), Reason: reason)).ToList();
        var good = ca.IssueLeaf(leafKey.PublicKey);
        var crl = ca.IssuingAuthority.BuildRevocationList(
            revoked.Select(entry => new RevokedCertificate(entry.Leaf.SerialNumber, DateTimeOffset.UtcNow, entry.Reason)), 4711, Year);
        WriteChain(openSsl, ca, good);
        WriteCrl(openSsl, "issuing.crl", crl);

        var text = await openSsl.RunAsync("crl", "-in", "issuing.crl", "-noout", "-text", "-CAfile", "issuing.pem");

        Assert.Contains("verify OK", text, StringComparison.Ordinal);
        Assert.Matches(@"X509v3 CRL Number: \n\s+4711\n", text);
        Assert.Contains(Colons(ca.Issuing.SubjectKeyIdentifier!), text, StringComparison.Ordinal);
        Assert.Equal(reasons.Length, text.Split("Serial Number:").Length - 1);
        Assert.Equal(reasons.Length - 1, text.Split("X509v3 CRL Reason Code:").Length - 1);
        Assert.Contains("Key Compromise", text, StringComparison.Ordinal);
        await openSsl.RunAsync(
            "verify", "-crl_check", "-CRLfile", "issuing.crl", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem");
        foreach (var (leaf, _) in revoked)
        {
            openSsl.Write("leaf.pem", CertificateExport.ToPem(leaf));
            var (exitCode, output) = await openSsl.TryRunAsync(
                "verify", "-crl_check", "-CRLfile", "issuing.crl", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem");
            Assert.NotEqual(0, exitCode);
            Assert.Contains("certificate revoked", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CRL_names_its_update_and_its_next_update()
    {
        var time = new FixedTime(new DateTimeOffset(2027, 3, 1, 12, 0, 0, 999, TimeSpan.Zero));
        using var openSsl = new OpenSsl();
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256, time);

        var crl = ca.IssuingAuthority.BuildRevocationList([], 1, TimeSpan.FromDays(7));

        WriteCrl(openSsl, "a.crl", crl);
        var dates = await openSsl.RunAsync("crl", "-in", "a.crl", "-noout", "-lastupdate", "-nextupdate");
        Assert.Contains("lastUpdate=Mar  1 12:00:00 2027 GMT", dates, StringComparison.Ordinal);
        Assert.Contains("nextUpdate=Mar  8 12:00:00 2027 GMT", dates, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(7), crl.NextUpdate - crl.ThisUpdate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("\ud800")]
    [InlineData("a name that is longer than sixty-four characters cannot be one at all")]
    public async Task Common_name_that_does_not_fit_a_certificate_is_refused(string commonName)
    {
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);

        var refusal = Assert.Throws<CertificateRefusedException>(
            () => CertificateAuthority.CreateRoot(key, commonName, Year, authorities.Time));

        Assert.Equal(CertificateRefusal.InvalidName, refusal.Refusal);
    }

    [Fact]
    public async Task Common_name_is_never_parsed_as_a_distinguished_name()
    {
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);

        var root = CertificateAuthority.CreateRoot(key, "Société \"A\", O=Other + €", Year, authorities.Time);

        Assert.Equal("CN=Société \\\"A\\\"\\, O=Other \\+ €", root.Subject);
    }

    private static void WriteChain(OpenSsl openSsl, TestAuthority ca, CertificateDetails leaf)
    {
        openSsl.Write("root.pem", CertificateExport.ToPem(ca.Root));
        openSsl.Write("issuing.pem", CertificateExport.ToPem(ca.Issuing));
        openSsl.Write("leaf.pem", CertificateExport.ToPem(leaf));
    }

    private static void WriteCrl(OpenSsl openSsl, string name, RevocationList list) =>
        openSsl.Write(name, System.Security.Cryptography.PemEncoding.WriteString("X509 CRL", list.Der.Span));

    private static Task<string> Text(OpenSsl openSsl, string file) => openSsl.RunAsync("x509", "-in", file, "-noout", "-text");

    private static string Colons(string hex) => string.Join(':', hex.ToUpperInvariant().Chunk(2).Select(pair => new string(pair)));
}
