using System.Text.RegularExpressions;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>How settings are read, and what names of settings are known.</summary>
public sealed class SettingsReaderTests : IDisposable
{
    private static readonly string Docs = Path.Combine(AppContext.BaseDirectory, "docs");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("CODESIGNING_DATTA", "CODESIGNING_DATA")]
    [InlineData("CODESIGNING__DATA", "CODESIGNING_DATA")]
    [InlineData("codesigning_conections", "CODESIGNING_CONNECTIONS")]
    [InlineData("CODESIGNING_ADMIN_PASSWD", "CODESIGNING_ADMIN_PASSWORD")]
    [InlineData("CODESIGNING_COMPROMISED_KEY", "CODESIGNING_COMPROMISED_KEYS")]
    public void Misspelled_setting_stops_the_start_and_suggests_the_nearest(string name, string nearest)
    {
        var mistakes = Mistakes((name, "s3cret"));

        Assert.Equal($"{name} is not a setting, and nothing reads it. The nearest is {nearest}.", mistakes);
    }

    [Theory]
    [InlineData(null, LogFormat.Text)]
    [InlineData("text", LogFormat.Text)]
    [InlineData("json", LogFormat.Json)]
    public void Log_format_is_one_of_two_words(string? word, LogFormat format)
    {
        Assert.Equal(format, SiloSettings.Read(Configuration(("CODESIGNING_LOG_FORMAT", word!))).LogFormat);
        Assert.Equal(
            "CODESIGNING_LOG_FORMAT is invalid: expected text or json, not 'xml'.", Mistakes(("CODESIGNING_LOG_FORMAT", "xml")));
    }

    [Fact]
    public void Secret_is_read_from_a_private_file()
    {
        var file = _directory.File("secret");
        File.WriteAllText(file, "the secret\r\n");
        Assert.Contains("chmod 600", SecretOf($"file:{file}").Mistake, StringComparison.Ordinal);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(("the secret", ""), SecretOf($"file:{file}"));
        Assert.Equal(("plain", ""), SecretOf("plain"));
        File.WriteAllText(file, " ");
        Assert.Contains("is empty", SecretOf($"file:{file}").Mistake, StringComparison.Ordinal);
        Assert.Contains("cannot be read", SecretOf($"file:{file}.gone").Mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CODESIGNING_TLS_CERTIFICATE", "CODESIGNING_TLS_CERT")]
    [InlineData("CODESIGNING_SMTP_USERNAME", "CODESIGNING_SMTP_USER")]
    public void Unknown_setting_is_reported_and_does_not_stop_the_start(string name, string nearest)
    {
        SettingsReader reader = new(Configuration((name, "x")));

        reader.ThrowIfMistaken();
        var unknown = Assert.Single(reader.Unknown);
        Assert.Equal((name, nearest, false), (unknown.Name, unknown.Nearest, unknown.IsSlip));
    }

    [Theory]
    [InlineData("CODESIGNING_SERVICE_HOST", "10.0.0.1")]
    [InlineData("CODESIGNING_SERVICE_PORT", "8443")]
    [InlineData("CODESIGNING_SERVICE_PORT_HTTPS", "8443")]
    [InlineData("CODESIGNING_PORT", "tcp://10.0.0.1:8443")]
    [InlineData("CODESIGNING_PORT_8443_TCP", "tcp://10.0.0.1:8443")]
    [InlineData("CODESIGNING_PORT_8443_TCP_PROTO", "tcp")]
    [InlineData("CODESIGNING_PORT_8443_TCP_PORT", "8443")]
    [InlineData("CODESIGNING_PORT_8443_TCP_ADDR", "10.0.0.1")]
    [InlineData("CODESIGNING_DB_SERVICE_HOST", "10.0.0.2")]
    [InlineData("CODESIGNING_DB_PORT", "tcp://10.0.0.2:5432")]
    [InlineData("CODESIGNING_SMTP_PORT", "tcp://10.0.0.3:25")]
    [InlineData("CODESIGNING_SILO_PORT", "tcp://10.0.0.4:11111")]
    [InlineData("CODESIGNING_SERVER_URL", "https://signing.example.com")]
    public void Variables_of_Kubernetes_and_clients_are_ignored(string name, string value)
    {
        var settings = SiloSettings.Read(Configuration((name, value)));

        Assert.Empty(settings.Unknown);
        Assert.Equal(new NotificationOptions(), settings.Notifications);
    }

    [Theory]
    [InlineData("\uFEFFsqlite\r\n")]
    [InlineData(" sqlite\n")]
    public void Setting_may_have_a_mark_and_line_ends(string text) =>
        Assert.Equal("sqlite", new SettingsReader(Configuration(("CODESIGNING_DB", text))).Text("CODESIGNING_DB"));

    [Fact]
    public void No_setting_is_read_twice()
    {
        SettingsReader reader = new(Configuration());
        Assert.Null(reader.Text("CODESIGNING_DB"));

        Assert.Throws<ArgumentException>(() => reader.Text("CODESIGNING_DB"));
        Assert.Throws<ArgumentException>(() => reader.Text("CODESIGNING_DBX"));
    }

    [Theory]
    [InlineData("CODESIGNING_SMTP_USER", "mailer", "CODESIGNING_SMTP_HOST is not")]
    [InlineData("CODESIGNING_SMTP_PASSWORD", "s3cret", "CODESIGNING_SMTP_HOST is not")]
    [InlineData("CODESIGNING_SMTP_PORT", "25", "CODESIGNING_SMTP_HOST is not")]
    [InlineData("CODESIGNING_SMTP_TLS", "off", "CODESIGNING_SMTP_HOST is not")]
    [InlineData("CODESIGNING_MAIL_FROM", "signing@example.com", "CODESIGNING_SMTP_HOST is not")]
    [InlineData("CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES", "yes", "expected allow or refuse")]
    public void Mail_setting_without_a_server_is_refused(string name, string value, string sentence)
    {
        var mistake = Mistakes((name, value));

        Assert.StartsWith(name, mistake, StringComparison.Ordinal);
        Assert.Contains(sentence, mistake, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CODESIGNING_SMTP_USER", "mailer", "CODESIGNING_SMTP_PASSWORD is not")]
    [InlineData("CODESIGNING_SMTP_PASSWORD", "s3cret", "CODESIGNING_SMTP_USER is not")]
    [InlineData("CODESIGNING_SMTP_PORT", "smtp", "expected a TCP port")]
    [InlineData("CODESIGNING_SMTP_PORT", "0", "expected a TCP port")]
    [InlineData("CODESIGNING_SMTP_PORT", "65536", "expected a TCP port")]
    [InlineData("CODESIGNING_SMTP_TLS", "OFF", "expected starttls, implicit, on or off")]
    [InlineData("CODESIGNING_MAIL_FROM", "signing", "expected a mail address")]
    public void Invalid_mail_setting_is_explained_in_a_sentence(string name, string value, string sentence)
    {
        var mistake = Mistakes(("CODESIGNING_SMTP_HOST", "mail.example.com"), (name, value));

        Assert.StartsWith(name, mistake, StringComparison.Ordinal);
        Assert.Contains(sentence, mistake, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Mail_settings_are_read_as_set()
    {
        var options = SiloSettings.Read(Configuration(
            ("CODESIGNING_SMTP_HOST", "mail.example.com"),
            ("CODESIGNING_SMTP_PORT", "25"),
            ("CODESIGNING_SMTP_TLS", "off"),
            ("CODESIGNING_SMTP_USER", "mailer"),
            ("CODESIGNING_SMTP_PASSWORD", "s3cret"),
            ("CODESIGNING_MAIL_FROM", "signing@example.com"),
            ("CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES", "allow"))).Notifications;

        Assert.Equal(
            new NotificationOptions
            {
                AllowPrivateAddresses = true,
                SmtpHost = "mail.example.com",
                SmtpPort = 25,
                SmtpTls = SmtpTls.Off,
                SmtpUser = "mailer",
                SmtpPassword = "s3cret",
                MailFrom = "signing@example.com",
            },
            options);
    }

    [Theory]
    [InlineData("CODESIGNING_ADMIN_PASSWORD", "too short", "The password is invalid: expected 12 to 256 characters.")]
    [InlineData("CODESIGNING_ADMIN_PASSWORD", "admin@localhost", "The password must not be the email address.")]
    [InlineData("CODESIGNING_ADMIN_EMAIL", "admin", "The email")]
    public void Invalid_first_administrator_is_refused(string name, string value, string sentence) =>
        Assert.StartsWith($"{name}: {sentence}", Mistakes((name, value)), StringComparison.Ordinal);

    [Fact]
    public void All_invalid_settings_are_named_together_and_nothing_is_created()
    {
        var data = _directory.File("new");

        var mistakes = Mistakes(
            ("CODESIGNING_DATA", data), ("CODESIGNING_DB", "Host=db"), ("CODESIGNING_SMTP_PORT", "25"), ("CODESIGNING_ADMIN_PASSWORD", "short"));

        Assert.Equal(
            ["CODESIGNING_ADMIN_PASSWORD", "CODESIGNING_SILO_ADDRESS", "CODESIGNING_SMTP_PORT"],
            mistakes.Split(Environment.NewLine).Select(mistake => mistake.Split(' ', ':')[0]));
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public void Docs_list_every_setting_once()
    {
        var table = File.ReadAllText(Path.Combine(Docs, "settings.md"));
        var listed = Regex.Matches(table, @"^\| `([A-Z_0-9]+)` \| .+ \| .+ \| .+ \| .+ \|$", RegexOptions.Multiline)
            .Select(row => row.Groups[1].Value);
        Assert.Equal(KnownSettings.Names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Docs_name_no_setting_that_does_not_exist()
    {
        var named = Directory.GetFiles(Docs, "*.md")
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"CODESIGNING_\w*[A-Z0-9]\b").Select(name => name.Value))
            .Where(name => !KnownSettings.Names.Contains(name) && !KnownSettings.OfClients.Contains(name) && !UnknownSetting.IsServiceLink(name, ""));
        Assert.Empty(named);
    }

    private (string? Secret, string Mistake) SecretOf(string value)
    {
        SettingsReader reader = new(Configuration(("CODESIGNING_SMTP_PASSWORD", value)));
        return (reader.Secret("CODESIGNING_SMTP_PASSWORD"), string.Join(' ', reader.Mistakes));
    }

    private string Mistakes(params (string Name, string Value)[] settings) =>
        Assert.Throws<SettingsException>(() => SiloSettings.Read(Configuration(settings))).Message;

    private IConfiguration Configuration(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["CODESIGNING_DATA"] = _directory.File("data") })
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(
            setting.Name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), (string?)setting.Value)))
        .Build();
}
