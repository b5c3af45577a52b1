using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>The text of files in imports, as tools and shells write it.</summary>
public sealed class ImportedTextTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    [Theory]
    [InlineData("\uFEFF{0}")]
    [InlineData("\r\n{0}\r\n")]
    [InlineData("-----BEGIN PKCS12-----\n{0}\n-----END PKCS12-----\n")]
    public async Task Pkcs12_in_lines_with_marks_or_in_pem_is_imported(string frame)
    {
        var base64 = Convert.ToBase64String(MakePkcs12(), Base64FormattingOptions.InsertLineBreaks);

        (await ImportAsync(frame.Replace("{0}", base64, StringComparison.Ordinal))).Succeeded();
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("AAA")]
    public async Task Text_that_is_no_base64_is_told(string text) => Assert.Contains(
        "'pkcs12' must be base64", (await ImportAsync(text)).Refused(400, "InvalidRequest").Text("detail"), StringComparison.Ordinal);

    private static byte[] MakePkcs12()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Imported", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(10));
        return certificate.Export(X509ContentType.Pkcs12, "pw");
    }

    private Task<ApiAnswer> ImportAsync(string pkcs12) =>
        world.Administrator.PostAsync("/api/v1/pki/certificates/import", new { pkcs12, password = "pw" });
}
