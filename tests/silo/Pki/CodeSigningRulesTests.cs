using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Pki;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CodeSigningRulesTests
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    private const string TimeStamping = "1.3.6.1.5.5.7.3.8";

    [Fact]
    public void Code_signing_certificate_may_sign_code() =>
        Assert.Empty(Faults(Certificate(Usages(CodeSigning), KeyUsage(X509KeyUsageFlags.DigitalSignature))));

    [Fact]
    public void Absent_key_usage_and_further_extended_usages_are_accepted() =>
        Assert.Empty(Faults(Certificate(Usages(CodeSigning, TimeStamping))));

    [Fact]
    public void Certificate_without_the_code_signing_usage_is_refused()
    {
        Assert.Equal([CodeSigningFault.NoCodeSigningUsage], Faults(Certificate()));
        Assert.Equal([CodeSigningFault.NoCodeSigningUsage], Faults(Certificate(Usages(TimeStamping))));
    }

    [Fact]
    public void Certificate_for_any_usage_is_refused()
    {
        Assert.Equal(
            [CodeSigningFault.NoCodeSigningUsage, CodeSigningFault.AnyUsage],
            Faults(Certificate(Usages("2.5.29.37.0"))));
        Assert.Equal([CodeSigningFault.AnyUsage], Faults(Certificate(Usages("2.5.29.37.0", CodeSigning))));
    }

    [Fact]
    public void TLS_server_certificate_is_refused() =>
        Assert.Equal([CodeSigningFault.ServerUsage], Faults(Certificate(Usages(CodeSigning, "1.3.6.1.5.5.7.3.1"))));

    [Fact]
    public void Key_usage_without_digital_signature_is_refused() =>
        Assert.Equal(
            [CodeSigningFault.NoDigitalSignature],
            Faults(Certificate(Usages(CodeSigning), KeyUsage(X509KeyUsageFlags.NonRepudiation))));

    [Theory]
    [InlineData(X509KeyUsageFlags.KeyCertSign)]
    [InlineData(X509KeyUsageFlags.CrlSign)]
    public void Certificate_that_signs_certificates_or_CRLs_is_refused(X509KeyUsageFlags usage) =>
        Assert.Equal(
            [CodeSigningFault.SignsCertificates],
            Faults(Certificate(Usages(CodeSigning), KeyUsage(X509KeyUsageFlags.DigitalSignature | usage))));

    [Fact]
    public void CA_certificate_is_refused() =>
        Assert.Equal(
            [CodeSigningFault.CertificateAuthority],
            Faults(Certificate(Usages(CodeSigning), new X509BasicConstraintsExtension(true, false, 0, true))));

    [Fact]
    public void Certificate_for_an_unsupported_key_is_refused()
    {
        using var small = RSA.Create(1024);
        var request = new CertificateRequest("CN=Test", small, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(Usages(CodeSigning));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        var details = CertificateInspection.Read(certificate.RawData);

        Assert.Equal([CodeSigningFault.UnsupportedKey], Faults(details));
        Assert.Equal(
            CertificateRefusal.UnsuitableKey,
            Assert.Throws<CertificateRefusedException>(() => CodeSigningRules.Ensure(details)).Refusal);
    }

    [Fact]
    public void Refusal_names_every_fault()
    {
        var details = Certificate(Usages(TimeStamping), KeyUsage(X509KeyUsageFlags.NonRepudiation));

        var refusal = Assert.Throws<CertificateRefusedException>(() => CodeSigningRules.Ensure(details));

        Assert.Equal(CertificateRefusal.NotACodeSigningCertificate, refusal.Refusal);
        Assert.Equal(
            "The certificate cannot sign code: its extended key usage has no codeSigning, its key usage has no digitalSignature.",
            refusal.Message);
    }

    private static CodeSigningFault[] Faults(CertificateDetails certificate) => [.. CodeSigningRules.Judge(certificate)];

    private static X509EnhancedKeyUsageExtension Usages(params string[] oids) =>
        new([.. oids.Select(oid => new Oid(oid))], critical: false);

    private static X509KeyUsageExtension KeyUsage(X509KeyUsageFlags usage) => new(usage, critical: true);

    private static CertificateDetails Certificate(params X509Extension[] extensions)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test", key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return CertificateInspection.Read(certificate.RawData);
    }
}
