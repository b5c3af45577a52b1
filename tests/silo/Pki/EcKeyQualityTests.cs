using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class EcKeyQualityTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    // The orders of P-256 and P-384 less one: the point is the base point's mirror image.
    private const string P256Last = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550";
    private const string P384Last =
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52972";

    private readonly CertificateImporter _importer = new(vault.Vault, CompromisedKeys.None, TimeProvider.System);

    public static TheoryData<string, string> Guessable => new()
    {
        { "nistP256", "01".PadLeft(64, '0') },
        { "nistP256", new string('f', 40).PadLeft(64, '0') },
        { "nistP256", P256Last },
        { "nistP384", P384Last },
        { "nistP521", "7b".PadLeft(132, '0') },
    };

    [Theory]
    [InlineData("nistP256")]
    [InlineData("nistP384")]
    [InlineData("nistP521")]
    public void Keys_of_the_platform_have_no_fault(string curve)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));

        Assert.Null(PrivateKeyRules.Judge(key));
    }

    [Theory]
    [MemberData(nameof(Guessable))]
    public void Import_of_a_guessable_key_is_refused(string curve, string scalar)
    {
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.CreateFromFriendlyName(curve),
            D = Convert.FromHexString(scalar),
        });

        var refused = Refusal(CertificateOf(key), key.ExportECPrivateKeyPem());

        Assert.Equal(CertificateRefusal.WeakKey, refused.Refusal);
        Assert.StartsWith("The private key in privateKeyPem is weak: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_of_a_scalar_with_a_foreign_point_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var scalar = other.ExportParameters(true).D!;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteOctetString(scalar);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                writer.WriteObjectIdentifier("1.2.840.10045.3.1.7");
            }

            var point = key.ExportParameters(false).Q;
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            {
                writer.WriteBitString([4, .. point.X!, .. point.Y!]);
            }
        }

        var refused = Refusal(CertificateOf(key), PemEncoding.WriteString("EC PRIVATE KEY", writer.Encode()));

        Assert.Contains(refused.Refusal, new[] { CertificateRefusal.Malformed, CertificateRefusal.KeyMismatch });
    }

    private CertificateRefusedException Refusal(string certificate, string key) =>
        Assert.Throws<CertificateRefusedException>(() => _importer.ImportPem("key_i", certificate, null, key, null));

    private static string CertificateOf(ECDsa key)
    {
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Weak", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        using var certificate = request.Create(
            new X500DistinguishedName("CN=Issuer"), X509SignatureGenerator.CreateForECDsa(issuer), DateTimeOffset.UtcNow,
            DateTimeOffset.UtcNow.AddDays(1), [1]);
        return certificate.ExportCertificatePem();
    }
}
