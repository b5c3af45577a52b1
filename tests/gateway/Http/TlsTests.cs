using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Tests.Logging;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>The server over TLS, with a certificate from PEM files.</summary>
public sealed class TlsTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private X509Certificate2 _certificate = null!;
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync()
    {
        var (certificate, key) = MakeCertificate();
        await File.WriteAllTextAsync(_files.File("server.pem"), certificate);
        await File.WriteAllTextAsync(_files.File("server.key"), key);
        _server = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task HTTP_1_and_2_are_served_with_strict_transport_security(int version)
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
    public async Task Renewed_certificate_is_presented_after_a_hang_up_signal()
    {
        using var before = Client();
        Assert.True(await AnswersAsync(before, new Uri(_server.Address, "/healthz")));
        var (certificate, key) = MakeCertificate();
        await File.WriteAllTextAsync(_files.File("server.pem"), certificate);
        await HangUpAsync();
        await File.WriteAllTextAsync(_files.File("server.key"), key);
        await HangUpAsync();

        using var client = Client();
        await Eventually.HoldsAsync(() => AnswersAsync(client, new Uri(_server.Address, "/healthz")));
        Assert.True(await AnswersAsync(before, new Uri(_server.Address, "/healthz")), "The open connection did not go on.");
    }

    [Fact]
    public async Task Certificate_without_its_key_leaves_the_old_one_presented()
    {
        using var log = new LogText();
        await using var server = await CodeSigningServer.StartAsync(log, TlsSettings());
        using var client = Client();
        var presented = _certificate;
        await File.WriteAllTextAsync(_files.File("server.pem"), MakeCertificate().Certificate);
        _certificate = presented;

        await HangUpAsync();
        await HangUpAsync();

        await Eventually.HoldsAsync(() => log.All.Contains("TLS certificate was not renewed", StringComparison.Ordinal));
        Assert.True(await AnswersAsync(client, new Uri(server.Address, "/healthz")));
        Assert.Contains($"{_files.File("server.key")} is not the private key", log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_HTTP_is_not_answered_on_the_TLS_port()
    {
        var answer = await RawConnection.AskAsync(_server.Address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.DoesNotContain("200 OK", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_is_found_by_its_key_in_the_file()
    {
        var other = MakeCertificate().Certificate;
        var (certificate, key) = MakeCertificate();
        await File.WriteAllTextAsync(_files.File("server.pem"), $"{other}\n{certificate}");
        await File.WriteAllTextAsync(_files.File("server.key"), key);
        await using var server = await StartAsync();

        using var client = Client();

        Assert.True(await AnswersAsync(client, new Uri(server.Address, "/healthz")));
    }

    [Fact]
    public async Task Unfinished_handshakes_block_no_other_client()
    {
        await using var server = await StartAsync("--CODESIGNING_CONNECTIONS=20", "--CODESIGNING_CONNECTIONS_PER_ADDRESS=5");
        var held = new List<RawConnection>();
        for (var i = 0; i < 60; i++)
        {
            held.Add(await RawConnection.OpenAsync(server.Address));
            await held[^1].SendAsync("\u0016\u0003\u0001\u0002\u0000\u0001");
        }

        using var client = Client();
        await Eventually.HoldsAsync(() => AnswersAsync(client, new Uri(server.Address, "/readyz")));
        foreach (var connection in held)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Handshake_limit_does_not_count_authenticated_callers()
    {
        await using var server = await StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        using var first = Client();
        using var login = await first.PostAsJsonAsync(
            new Uri(server.Address, "/api/v1/auth/login"),
            new { email = CodeSigningServer.AdministratorEmail, password = CodeSigningServer.AdministratorPassword });
        var token = (await ApiAnswer.ReadAsync(login)).Succeeded().Text("accessToken");
        for (var i = 0; i < 60; i++)
        {
            using var client = Client();
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
            Assert.True(await AnswersAsync(client, new Uri(server.Address, "/api/v1/me")));
        }

        var rates = server.Services.GetRequiredService<AddressRates>();
        await Eventually.HoldsAsync(async () =>
        {
            while (rates.Take(AnonymousKind.Handshakes, IPAddress.Loopback) is null)
            {
            }

            using var client = Client();
            return !await AnswersAsync(client, new Uri(server.Address, "/healthz"));
        });
    }

    [Fact]
    public async Task Anonymous_connection_has_few_streams()
    {
        await using var server = await StartAsync("--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=1");
        using var client = Client();
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        var statuses = await Task.WhenAll(Enumerable.Range(0, 60).Select(async _ =>
        {
            using var response = await client.GetAsync(new Uri(server.Address, "/nothing"));
            return response.StatusCode;
        }));

        Assert.InRange(statuses.Count(status => status == HttpStatusCode.NotFound), 1, 12);
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.NotFound or HttpStatusCode.TooManyRequests));
    }

    public void Dispose() => _files.Dispose();

    /// <returns>Whether it succeeded; false where the connection ended before.</returns>
    private static async Task<bool> AnswersAsync(HttpClient client, Uri url)
    {
        try
        {
            using var response = await client.GetAsync(url);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task HangUpAsync()
    {
        using var kill = Process.Start("kill", ["-HUP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private Task<CodeSigningServer> StartAsync(params string[] settings) => CodeSigningServer.StartAsync(TlsSettings(settings));

    private string[] TlsSettings(params string[] settings) =>
    [
        "--CODESIGNING_URLS=https://127.0.0.1:0",
        $"--CODESIGNING_TLS_CERT={_files.File("server.pem")}",
        $"--CODESIGNING_TLS_KEY={_files.File("server.key")}",
        .. settings,
    ];

    /// <summary>Makes a certificate for the server, which clients from now on expect.</summary>
    private (string Certificate, string Key) MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        _certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        return (_certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private HttpClient Client() =>
        new(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == _certificate.GetCertHashString(),
            },
        });
}
