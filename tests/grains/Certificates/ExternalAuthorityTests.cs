using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>A CA of openssl's stands for the external CA.</summary>
public sealed class ExternalAuthorityTests
{
    private const string CodeSigner = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n";

    [Theory]
    [InlineData("RSA_3072")]
    [InlineData("EC_P384")]
    public async Task Certificate_of_an_external_CA_is_installed_for_its_request(string keyAlgorithm)
    {
        await using var node = await StartAsync();
        var owed = await node.Certificates.CreateSigningRequestAsync(
            Administrator, new CreateSigningRequest("CN=Example Ltd,O=Example\\, Ltd,C=DE", keyAlgorithm), default);
        Assert.Equal(CertificateStatus.Awaiting, (await node.Certificates.GetAsync(Administrator, owed.Id, default)).Status);
        Assert.False((await node.FactsAsync(owed.Id)).IsIssued);
        await RefusesAsync(ErrorCode.WrongState, () => node.Certificates.ExportAsync(Administrator, owed.Id, CertificateFormat.Pem, default));

        var view = await node.Certificates.InstallAsync(Administrator, owed.Id, await SignAsync(node, owed.CsrPem, CodeSigner), default);

        Assert.Equal(CertificateStatus.Active, view.Status);
        Assert.Equal("CN=Example Ltd,O=Example\\, Ltd,C=DE", view.Subject);
        Assert.Null(view.CaId);
        Assert.Equal(node.OpenSsl.ReadText("ca.pem").Trim(), view.ChainPem!.Trim());
        var facts = await node.FactsAsync(owed.Id);
        Assert.True(facts.IsIssued);
        Assert.Equal($"certificate/{owed.Id}@2", facts.ReadSet.Single().ToString());
    }

    [Fact]
    public async Task Installed_certificate_must_match_the_requests_key_and_purpose()
    {
        await using var node = await StartAsync();
        var request = new CreateSigningRequest("CN=x", "EC_P256");
        var owed = await node.Certificates.CreateSigningRequestAsync(Administrator, request, default);
        var otherOwed = await node.Certificates.CreateSigningRequestAsync(Administrator, request, default);
        var installed = await SignAsync(node, otherOwed.CsrPem, CodeSigner);
        await RefusesAsync(ErrorCode.InvalidRequest, () => node.Certificates.InstallAsync(Administrator, owed.Id, installed, default));
        await RefusesAsync(
            ErrorCode.InvalidRequest, () => node.Certificates.InstallAsync(Administrator, owed.Id, new InstallCertificate("no certificate"), default));
        var forServers = await SignAsync(node, owed.CsrPem, "extendedKeyUsage=serverAuth\n");
        await RefusesAsync(ErrorCode.NotACodeSigningCertificate, () => node.Certificates.InstallAsync(Administrator, owed.Id, forServers, default));
        Assert.Equal(CertificateStatus.Awaiting, (await node.Certificates.GetAsync(Administrator, owed.Id, default)).Status);
    }

    [Fact]
    public async Task One_of_two_concurrent_certificates_is_installed()
    {
        await using var node = await StartAsync();
        var owed = await node.Certificates.CreateSigningRequestAsync(Administrator, new CreateSigningRequest("CN=x", "EC_P256"), default);
        InstallCertificate[] both =
            [await SignAsync(node, owed.CsrPem, CodeSigner), await SignAsync(node, owed.CsrPem, CodeSigner)];

        var faults = await Task.WhenAll(
            both.Select(one => Record.ExceptionAsync(() => node.Certificates.InstallAsync(Administrator, owed.Id, one, default))));

        var refused = Assert.IsType<RefusedException>(Assert.Single(faults, fault => fault is not null));
        Assert.Equal(ErrorCode.WrongState, refused.Code);
        Assert.Equal(2, (await node.EntriesAsync()).Count);
    }

    [Fact]
    public async Task Repeated_install_of_the_same_certificate_changes_nothing()
    {
        await using var node = await StartAsync();
        var owed = await node.Certificates.CreateSigningRequestAsync(Administrator, new CreateSigningRequest("CN=x", "EC_P256"), default);
        var certificate = await SignAsync(node, owed.CsrPem, CodeSigner);
        var first = await node.Certificates.InstallAsync(Administrator, owed.Id, certificate, default);
        var again = await node.Certificates.InstallAsync(Administrator, owed.Id, certificate, default);
        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(again));
        Assert.Equal(2, (await node.EntriesAsync()).Count);
    }

    [Theory]
    [InlineData("not a name")]
    [InlineData("CN=")]
    [InlineData("CN=a\0b")]
    [InlineData("")]
    public async Task Invalid_subject_is_refused(string subject)
    {
        await using var node = await StartAsync();
        await RefusesAsync(
            ErrorCode.InvalidRequest,
            () => node.Certificates.CreateSigningRequestAsync(Administrator, new CreateSigningRequest(subject, "EC_P256"), default));
    }

    private static async Task<InstallCertificate> SignAsync(PkiNode node, string csrPem, string extensions)
    {
        var openssl = node.OpenSsl;
        if (!File.Exists(openssl.Path("ca.pem")))
        {
            await openssl.RunAsync(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
                "-out", "ca.pem", "-subj", "/CN=External CA", "-days", "9000");
        }

        openssl.Write("request.csr", csrPem);
        openssl.Write("extensions", extensions);
        await openssl.RunAsync("req", "-in", "request.csr", "-noout", "-verify");
        await openssl.RunAsync(
            "x509", "-req", "-in", "request.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "9000",
            "-extfile", "extensions", "-out", "issued.pem");
        return new InstallCertificate(openssl.ReadText("issued.pem"), openssl.ReadText("ca.pem"));
    }
}
