using System.Security.Cryptography;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Grains.Signing;
using CodeSigning.Signing;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

public sealed class ImportTests
{
    private const string Password = "correct horse";

    [Fact]
    public async Task PKCS12_file_of_OpenSSL_is_imported_and_signs()
    {
        await using var node = await StartAsync();
        var view = await node.Import.ImportAsync(Administrator, await MakePkcs12Async(node), default);
        Assert.Equal(CertificateStatus.Active, view.Status);
        Assert.Equal("RSA_2048", view.KeyAlgorithm);
        Assert.Null(view.CaId);

        var facts = await node.FactsAsync(view.Id);
        var digest = SHA256.HashData("data"u8);
        var signature = await node.Get<ISigningKeys>().SignAsync("idn_x", facts, SigningAlgorithm.RsaPssSha256, digest, default);

        node.OpenSsl.Write("digest", digest);
        node.OpenSsl.Write("signature", signature);
        await node.OpenSsl.RunAsync(
            "pkeyutl", "-verify", "-certin", "-inkey", "own.pem", "-in", "digest", "-sigfile", "signature",
            "-pkeyopt", "digest:sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest");
    }

    [Fact]
    public async Task PEM_files_are_imported()
    {
        await using var node = await StartAsync();
        await MakePkcs12Async(node);
        var view = await node.Import.ImportAsync(
            Administrator,
            new ImportCertificate(
                CertificatePem: node.OpenSsl.ReadText("own.pem"), PrivateKeyPem: node.OpenSsl.ReadText("own.key")),
            default);
        Assert.Equal("CN=Own", view.Subject);
        Assert.Equal("", view.ChainPem);
    }

    [Fact]
    public async Task Wrong_password_is_refused_and_stores_nothing()
    {
        await using var node = await StartAsync();
        var request = await MakePkcs12Async(node) with { Password = "wrong" };
        await RefusesAsync(ErrorCode.InvalidRequest, () => node.Import.ImportAsync(Administrator, request, default));
        Assert.Empty(await node.EntriesAsync());
    }

    [Fact]
    public async Task Second_import_of_a_certificate_is_refused()
    {
        await using var node = await StartAsync();
        var request = await MakePkcs12Async(node);
        await node.Import.ImportAsync(Administrator, request, default);
        await RefusesAsync(ErrorCode.Conflict, () => node.Import.ImportAsync(Administrator, request, default));
        Assert.Single(await node.EntriesAsync());
    }

    [Fact]
    public async Task Certificate_expired_or_not_for_code_signing_is_refused()
    {
        await using var node = await StartAsync();
        var forServers = await MakePkcs12Async(node, "serverAuth");
        await RefusesAsync(
            ErrorCode.NotACodeSigningCertificate, () => node.Import.ImportAsync(Administrator, forServers, default));
        var shortLived = await MakePkcs12Async(node, days: "1"); // The node's clock is years ahead of openssl's.
        await RefusesAsync(ErrorCode.CertificateExpired, () => node.Import.ImportAsync(Administrator, shortLived, default));
    }

    [Fact]
    public async Task No_secret_of_an_import_is_in_the_ledger()
    {
        await using var node = await StartAsync();
        await node.Import.ImportAsync(Administrator, await MakePkcs12Async(node), default);
        var entry = Assert.Single(await node.EntriesAsync());
        Assert.DoesNotContain(Password, entry.Json, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", entry.Json, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Certificate_exports_in_four_formats_are_recorded_in_the_ledger()
    {
        await using var node = await StartAsync();
        var root = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync((await node.MakeAuthorityAsync(root.Id)).Id);
        var files = new List<CertificateFile>();
        foreach (var format in Enum.GetValues<CertificateFormat>())
        {
            files.Add(await node.Certificates.ExportAsync(Administrator, certificate.Id, format, default));
            var file = await node.Certificates.GetFileAsync(certificate.Id, format, default);
            Assert.Equal(files[^1].Content.ToArray(), file.Content.ToArray());
        }

        Assert.Equal(certificate.CertificatePem, Encoding.ASCII.GetString(files[0].Content.Span));
        Assert.Equal(certificate.CertificatePem + certificate.ChainPem, Encoding.ASCII.GetString(files[3].Content.Span));
        node.OpenSsl.Write("leaf.cer", files[1].Content.Span);
        node.OpenSsl.Write("all.p7b", files[2].Content.Span);
        Assert.Contains(
            certificate.Thumbprint!,
            (await node.OpenSsl.RunAsync("x509", "-inform", "DER", "-in", "leaf.cer", "-noout", "-fingerprint", "-sha256")).Replace(":", "", StringComparison.Ordinal),
            StringComparison.OrdinalIgnoreCase);
        var certificates = await node.OpenSsl.RunAsync("pkcs7", "-inform", "DER", "-in", "all.p7b", "-print_certs");
        Assert.Equal(3, certificates.Split("BEGIN CERTIFICATE").Length - 1);
        var exports = (await node.EntriesAsync()).Count(entry => entry.Json.Contains("\"certificate.export\"", StringComparison.Ordinal));
        Assert.Equal(4, exports);
    }

    private static async Task<ImportCertificate> MakePkcs12Async(PkiNode node, string usage = "codeSigning", string days = "9000")
    {
        await node.OpenSsl.RunAsync(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own.pem", "-subj", "/CN=Own",
            "-days", days, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature",
            "-addext", "extendedKeyUsage=" + usage);
        await node.OpenSsl.RunAsync(
            "pkcs12", "-export", "-in", "own.pem", "-inkey", "own.key", "-out", "own.p12", "-passout", "pass:" + Password);
        return new ImportCertificate(Pkcs12: node.OpenSsl.Read("own.p12"), Password: Password);
    }
}
