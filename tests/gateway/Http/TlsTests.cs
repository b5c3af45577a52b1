using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>The server over TLS, with a certificate from PEM files.</summary>
public sealed class TlsTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private X509Certificate2 _certificate = null!;
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        _certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        await File.WriteAllTextAsync(_files.File("server.pem"), _certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_files.File("server.key"), key.ExportPkcs8PrivateKeyPem());
        _server = await CodeSigningServer.StartAsync(
            "--CODESIGNING_URLS=https://127.0.0.1:0",
            $"--CODESIGNING_TLS_CERT={_files.File("server.pem")}",
            $"--CODESIGNING_TLS_KEY={_files.File("server.key")}");
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task HTTP_1_and_2_are_spoken_and_browsers_told_to_stay_with_TLS(int version)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.Address, "/api/v1/me"))
        {
            Version = new Version(version, version == 1 ? 1 : 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.SendAsync(request);

        Assert.Equal((HttpStatusCode.Unauthorized, version), (response.StatusCode, response.Version.Major));
        Assert.Equal("max-age=31536000", Assert.Single(response.Headers.GetValues("Strict-Transport-Security")));
    }

    [Fact]
    public async Task Plain_HTTP_is_not_answered_on_the_port_of_TLS()
    {
        var answer = await RawConnection.AskAsync(_server.Address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.DoesNotContain("200 OK", answer, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    private HttpClient Client() =>
        new(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == _certificate.GetCertHashString(),
            },
        });
}
