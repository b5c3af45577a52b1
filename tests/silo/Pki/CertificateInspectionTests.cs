using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CertificateInspectionTests(AuthorityFixture authorities) : IClassFixture<AuthorityFixture>
{
    [Fact]
    public async Task Certificate_fields_match_those_that_OpenSSL_reads()
    {
        using var openSsl = new OpenSsl();
        using var key = await authorities.OpenAsync(KeyAlgorithm.Rsa2048);
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256);
        var leaf = ca.IssueLeaf(key.PublicKey, "Example, Signer");
        openSsl.Write("leaf.pem", CertificateExport.ToPem(leaf));

        var printed = await openSsl.RunAsync(
            "x509", "-in", "leaf.pem", "-noout", "-fingerprint", "-sha256", "-subject", "-issuer", "-startdate", "-enddate",
            "-dateopt", "iso_8601", "-nameopt", "RFC2253", "-pubkey");

        Assert.Contains($"sha256 Fingerprint={leaf.Thumbprint}", printed.Replace(":", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"subject={leaf.Subject}\n", printed, StringComparison.Ordinal);
        Assert.Contains($"issuer={leaf.Issuer}\n", printed, StringComparison.Ordinal);
        Assert.Contains($"notBefore={leaf.NotBefore:u}", printed, StringComparison.Ordinal);
        Assert.Contains($"notAfter={leaf.NotAfter:u}", printed, StringComparison.Ordinal);
        Assert.Contains(CertificateExport.PublicKeyToPem(leaf.SubjectPublicKeyInfo), printed, StringComparison.Ordinal);
        Assert.Equal(KeyAlgorithm.Rsa2048, leaf.KeyAlgorithm);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, leaf.KeyUsage);
        Assert.Equal("1.3.6.1.5.5.7.3.3", Assert.Single(leaf.ExtendedKeyUsages));
        Assert.Equal(AuthorityFixture.IssuingCrl.AbsoluteUri, Assert.Single(leaf.CrlDistributionPoints));
        Assert.Equal(ca.Issuing.SubjectKeyIdentifier, leaf.AuthorityKeyIdentifier);
        Assert.False(leaf.IsCertificateAuthority);
        Assert.Equal((true, 0), (ca.Issuing.IsCertificateAuthority, ca.Issuing.PathLength));
        Assert.Equal((true, null), (ca.Root.IsCertificateAuthority, ca.Root.PathLength));
        Assert.True(ca.Root.IsSelfIssued);
    }

    [Fact]
    public void Garbage_is_refused() =>
        Prop.ForAll((byte[] bytes) =>
            Assert.Throws<CertificateRefusedException>(() => CertificateInspection.Read(bytes)).Refusal == CertificateRefusal.Malformed)
            .QuickCheckThrowOnFailure();

    [Fact]
    public async Task Damaged_certificate_is_read_or_refused_and_never_crashes()
    {
        using var key = await authorities.OpenAsync(KeyAlgorithm.EcP256);
        var ca = await authorities.CreateAsync(KeyAlgorithm.EcP256, KeyAlgorithm.EcP256);
        var der = ca.IssueLeaf(key.PublicKey).Der;

        for (var length = 0; length < der.Length; length++)
        {
            Assert.Throws<CertificateRefusedException>(() => CertificateInspection.Read(der[..length]));
        }

        Assert.Throws<CertificateRefusedException>(() => CertificateInspection.Read((byte[])[.. der.Span, 0]));
        for (var place = 0; place < der.Length; place++)
        {
            foreach (var mask in new byte[] { 1, 0x1f, 0x80, 0xff })
            {
                var altered = der.ToArray();
                altered[place] ^= mask;
                try
                {
                    Assert.NotEqual(der.ToArray(), CertificateInspection.Read(altered).Der.ToArray());
                }
                catch (CertificateRefusedException refusal)
                {
                    Assert.Equal(CertificateRefusal.Malformed, refusal.Refusal);
                }
            }
        }
    }

    [Fact]
    public void Certificate_that_is_too_long_is_refused_unread() =>
        Assert.Equal(
            CertificateRefusal.LimitExceeded,
            Assert.Throws<CertificateRefusedException>(
                () => CertificateInspection.Read(new byte[CertificateInspection.LongestCertificate + 1])).Refusal);
}
