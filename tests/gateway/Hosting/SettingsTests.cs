using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Settings;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Gateway.Tests.Hosting;

[SupportedOSPlatform("linux")]
public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("CODESIGNING_URLS", "nowhere", "is not an address")]
    [InlineData("CODESIGNING_URLS", "http://127.0.0.1:80/signing", "the path is too much")]
    [InlineData("CODESIGNING_URLS", "http://localhost:0", "Use http://127.0.0.1:0.")]
    [InlineData("CODESIGNING_URLS", "http://0.0.0.0:80", "others could read tokens")]
    [InlineData("CODESIGNING_URLS", "http://*:80", "others could read tokens")]
    [InlineData("CODESIGNING_URLS", "https://0.0.0.0:443", "needs CODESIGNING_TLS_CERT")]
    [InlineData("CODESIGNING_TLS_CERT", "/no/such/file", "must name a PEM file")]
    [InlineData("CODESIGNING_TRUSTED_PROXIES", "proxy.example.com", "neither an address nor a network")]
    [InlineData("CODESIGNING_TRUSTED_PROXIES", "10.0.0.1, 0.0.0.0/0", "which is everybody")]
    [InlineData("CODESIGNING_TRUSTED_PROXIES", "::/0", "which is everybody")]
    [InlineData("CODESIGNING_SIGNATURES_PER_SECOND", "many", "must be a whole number")]
    [InlineData("CODESIGNING_REQUESTS_IN_FLIGHT", "0", "must be a whole number")]
    [InlineData("CODESIGNING_CONNECTIONS", "-1", "must be a whole number")]
    [InlineData("CODESIGNING_CONNECTIONS_PER_ADDRESS", "0", "must be a whole number")]
    [InlineData("CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND", "many", "must be a whole number")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "expected an address")]
    public void Invalid_gateway_setting_is_explained_in_a_sentence(string name, string value, string sentence)
    {
        var mistakes = Assert.Throws<SettingsException>(() => TestSettings.Read(Configuration((name, value))));

        Assert.Contains(sentence, mistakes.Message, StringComparison.Ordinal);
        Assert.Contains(name, mistakes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_known_setting_is_read()
    {
        SettingsReader reader = new(Configuration(
            ("CODESIGNING_DB", "Host=db"), ("CODESIGNING_SILO_ADDRESS", "127.0.0.1"), ("CODESIGNING_SMTP_HOST", "mail")));

        ServerSettings.Read(reader);

        reader.ThrowIfMistaken();
        Assert.Equal(KnownSettings.Names.Order(StringComparer.Ordinal), reader.Read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Invalid_gateway_and_node_settings_are_named_together()
    {
        var mistakes = Assert.Throws<SettingsException>(() => ServerSettings.Read(Configuration(
            ("CODESIGNING_CONNECTIONS", "many"), ("CODESIGNING_ADMIN_PASSWORD", "short"), ("CODESIGNING_SMTP_PORT", "25"))));

        Assert.Equal(
            ["CODESIGNING_CONNECTIONS", "CODESIGNING_ADMIN_PASSWORD", "CODESIGNING_SMTP_PORT"],
            mistakes.Message.Split(Environment.NewLine).Select(mistake => mistake.Split(' ', ':')[0]));
    }

    [Theory]
    [InlineData("none", "is not the private key, in PEM, of the certificate", "it holds no RSA or EC key in PEM, or a damaged one.")]
    [InlineData("other", "is not the private key, in PEM, of the certificate", "it is the key of another certificate.")]
    [InlineData("damaged", "is not the private key, in PEM, of the certificate", "it holds no RSA or EC key in PEM, or a damaged one.")]
    [InlineData("encrypted", "is encrypted, and there is no setting for its password.", "alone may read.")]
    public void Unusable_TLS_key_is_refused(string kind, string sentence, string end)
    {
        var (certificate, key) = (_directory.File("tls.pem"), _directory.File("tls.key"));
        using var own = WriteCertificate(certificate);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(key, kind switch
        {
            "none" => "s3cret",
            "other" => other.ExportPkcs8PrivateKeyPem(),
            "damaged" => PemEncoding.WriteString("PRIVATE KEY", own.ExportPkcs8PrivateKey().AsSpan(0, 20)),
            _ => own.ExportEncryptedPkcs8PrivateKeyPem("s3cret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1)),
        });

        var mistakes = Assert.Throws<SettingsException>(() => TestSettings.Read(Configuration(
            ("CODESIGNING_URLS", "https://0.0.0.0:443"), ("CODESIGNING_TLS_CERT", certificate), ("CODESIGNING_TLS_KEY", key))));

        Assert.StartsWith($"CODESIGNING_TLS_KEY: {key} {sentence}", mistakes.Message, StringComparison.Ordinal);
        Assert.EndsWith(end, mistakes.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.NewLine, mistakes.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", mistakes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_TLS_certificate_is_refused()
    {
        var (certificate, key) = (_directory.File("tls.pem"), _directory.File("tls.key"));
        File.WriteAllText(certificate, "no certificate");
        File.WriteAllText(key, "no key");

        var mistakes = Assert.Throws<SettingsException>(() => TestSettings.Read(Configuration(
            ("CODESIGNING_TLS_CERT", certificate), ("CODESIGNING_TLS_KEY", key))));

        Assert.StartsWith($"CODESIGNING_TLS_CERT: {certificate} is no certificate in PEM:", mistakes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Public_address_may_be_plain_HTTP_behind_a_trusted_proxy()
    {
        var settings = TestSettings.Read(Configuration(
            ("CODESIGNING_URLS", "http://0.0.0.0:8080"), ("CODESIGNING_TRUSTED_PROXIES", "10.0.0.0/8, ::1")));

        Assert.Equal(2, settings.TrustedProxies.Length);
    }

    [Theory]
    [InlineData("CODESIGNING_DB", "Password=s3cret;Hst=db", "is not a PostgreSQL connection string")]
    [InlineData("CODESIGNING_DB", "Database=x", "names no Host")]
    [InlineData("CODESIGNING_DB_MIGRATE", "Host=db", "Set both or neither")]
    [InlineData("CODESIGNING_PUBLIC_URL", "signing", "is not an address")]
    [InlineData("CODESIGNING_VERIFY_INTERVAL", "daily", "It is a duration")]
    [InlineData("CODESIGNING_IDLE_KEYS_OPEN", "2d", "at most 1d")]
    [InlineData("CODESIGNING_COMPROMISED_KEYS", "/no/such/list", "which is not there")]
    public void Invalid_node_setting_is_explained_without_a_secret(string name, string value, string sentence)
    {
        var mistakes = Assert.Throws<SettingsException>(() => NodeSettings.Read(Configuration((name, value))));

        Assert.Contains(sentence, mistakes.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", mistakes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_list_of_compromised_keys_stops_the_start()
    {
        var list = _directory.File("list");
        File.WriteAllText(list, "00005890bc78bcbee3ca\ns3cret\n");

        var mistakes = Assert.Throws<SettingsException>(() => GatewayApplication.Create(
            [$"--CODESIGNING_DATA={_directory.File("data")}", $"--CODESIGNING_COMPROMISED_KEYS={list}"]));

        Assert.StartsWith(
            $"CODESIGNING_COMPROMISED_KEYS: {list} is not a list of compromised keys: line 2 is invalid: expected", mistakes.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", mistakes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_data_directory_is_accessible_to_its_owner_alone()
    {
        var path = _directory.File("new");

        NodeSettings.Read(Configuration(("CODESIGNING_DATA", path)));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Data_directory_accessible_to_everybody_is_refused()
    {
        var path = _directory.File("open");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherRead);

        var mistakes = Assert.Throws<SettingsException>(() => NodeSettings.Read(Configuration(("CODESIGNING_DATA", path))));

        Assert.Contains("chmod 700", mistakes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_do_not_show_their_secrets()
    {
        var settings = NodeSettings.Read(Configuration(
            ("CODESIGNING_MASTER_KEY", "c2VjcmV0"), ("CODESIGNING_ADMIN_PASSWORD", "s3cret password"), ("CODESIGNING_DB", "Host=db;Password=s3cret")));

        Assert.DoesNotContain("s3cret", settings.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", settings.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static ECDsa WriteCertificate(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now, now.AddDays(1));
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return key;
    }

    private IConfiguration Configuration(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["CODESIGNING_DATA"] = _directory.File("data") })
        .AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)))
        .Build();
}
