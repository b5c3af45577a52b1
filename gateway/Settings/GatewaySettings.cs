using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Gateway.Settings;

/// <summary>How the world may ask: the <c>CODESIGNING_*</c> settings of the gateway.</summary>
internal sealed record GatewaySettings
{
    /// <summary>Where to listen.</summary>
    public required ImmutableArray<string> Urls { get; init; }

    /// <summary>What the server shows clients of itself; null without TLS.</summary>
    public required TlsIdentity? Tls { get; init; }

    /// <summary>The networks whose forwarded headers count.</summary>
    public required ImmutableArray<IPNetwork> TrustedProxies { get; init; }

    /// <summary>How many signatures an identity may ask for in a second; twice as many at once.</summary>
    public required int SignaturesPerSecond { get; init; }

    /// <summary>How many other requests an identity may make in a second; twice as many at once.</summary>
    public required int RequestsPerSecond { get; init; }

    /// <summary>How many requests may be under way at once; more are told to come back.</summary>
    public required int RequestsInFlight { get; init; }

    /// <summary>How many connections may be open at once. See <see cref="Limits.ConnectionLimits"/> for who gets which share.</summary>
    public required int Connections { get; init; }

    /// <summary>How many connections one address, or one IPv6 /64, may have on which nobody was authenticated yet.</summary>
    public required int ConnectionsPerAddress { get; init; }

    /// <summary>How many requests without a valid token one address may make in a second. See <see cref="Limits.AddressRates"/>.</summary>
    public required int AnonymousRequestsPerSecond { get; init; }

    /// <summary>How long a stopping node goes on answering, so that balancers notice; null where the usual time is right.</summary>
    public TimeSpan? DrainDelay { get; init; }

    /// <summary>The bearer token that <c>/metrics</c> asks for; null where it asks for none.</summary>
    public string? MetricsToken { get; init; }

    /// <summary>Where traces are sent by OTLP; null where none are made.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>The identity provider that people sign in at; null for none.</summary>
    public SingleSignOnSettings? SingleSignOn { get; init; }

    /// <summary>Whether an address is that of a trusted proxy, which speaks for many clients.</summary>
    public bool IsTrustedProxy(IPAddress? address)
    {
        if (address is null || TrustedProxies.IsEmpty)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return TrustedProxies.Any(network => network.Contains(plain));
    }

    /// <summary>Reads the settings; the reader has their mistakes.</summary>
    /// <param name="reader">Reads them.</param>
    /// <param name="urls">Where to listen.</param>
    public static GatewaySettings Read(SettingsReader reader, ImmutableArray<string> urls)
    {
        var (certificate, key) = (reader.Text(TlsIdentity.CertificateSetting), reader.Text(TlsIdentity.KeySetting));
        var isTlsSet = certificate is not null || key is not null;
        var settings = new GatewaySettings
        {
            Urls = urls,
            Tls = isTlsSet ? TlsIdentity.Read(certificate, key, reader.Refuse) : null,
            TrustedProxies = ReadProxies(reader),
            SignaturesPerSecond = ReadCount(reader, "CODESIGNING_SIGNATURES_PER_SECOND", 2000),
            RequestsPerSecond = ReadCount(reader, "CODESIGNING_REQUESTS_PER_SECOND", 50),
            RequestsInFlight = ReadCount(reader, "CODESIGNING_REQUESTS_IN_FLIGHT", 1024),
            Connections = ReadCount(reader, "CODESIGNING_CONNECTIONS", 10_000),
            ConnectionsPerAddress = ReadCount(reader, "CODESIGNING_CONNECTIONS_PER_ADDRESS", 1250),
            AnonymousRequestsPerSecond = ReadCount(reader, "CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND", 50),
            DrainDelay = ReadDrainDelay(reader),
            MetricsToken = ReadMetricsToken(reader),
            OtlpEndpoint = ReadOtlpEndpoint(reader),
            SingleSignOn = SingleSignOnSettings.Read(reader),
        };
        foreach (var url in settings.Urls)
        {
            CheckUrl(url, isTlsSet, settings.TrustedProxies, reader);
        }

        return settings;
    }

    private static void CheckUrl(string text, bool isTlsSet, ImmutableArray<IPNetwork> proxies, SettingsReader reader)
    {
        // Kestrel takes * and + for every address; a URI does not.
        var everywhere = text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(everywhere, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            reader.Refuse($"CODESIGNING_URLS holds '{text}', which is not an address such as http://127.0.0.1:8080 or https://0.0.0.0:8443.");
        }
        else if (url.PathAndQuery != "/")
        {
            reader.Refuse($"CODESIGNING_URLS holds '{text}', of which the path is too much: the API is at /api on every address.");
        }
        else if (url is { Host: "localhost", Port: 0 })
        {
            reader.Refuse($"CODESIGNING_URLS holds '{text}', which is two addresses, and a free port is one's alone. Use http://127.0.0.1:0.");
        }
        else if (url.Scheme == "https" && !isTlsSet)
        {
            reader.Refuse($"CODESIGNING_URLS holds {text}, which needs CODESIGNING_TLS_CERT and CODESIGNING_TLS_KEY.");
        }
        else if (url.Scheme == "http" && !url.IsLoopback && proxies.IsEmpty)
        {
            reader.Refuse($"CODESIGNING_URLS holds {text}, where others could read tokens on their way. Use https, or name the proxy that does in CODESIGNING_TRUSTED_PROXIES.");
        }
    }

    private static ImmutableArray<IPNetwork> ReadProxies(SettingsReader reader)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        var words = (reader.Text("CODESIGNING_TRUSTED_PROXIES") ?? "")
            .Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var word in words)
        {
            if (IPNetwork.TryParse(word, out var network) && network.PrefixLength == 0)
            {
                reader.Refuse($"CODESIGNING_TRUSTED_PROXIES holds '{word}', which is everybody: clients would choose their own address. Name the proxies.");
            }
            else if (network != default)
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(word, out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                reader.Refuse($"CODESIGNING_TRUSTED_PROXIES holds '{word}', which is neither an address nor a network such as 10.0.0.0/8.");
            }
        }

        return networks.ToImmutable();
    }

    private static TimeSpan? ReadDrainDelay(SettingsReader reader)
    {
        const string name = "CODESIGNING_DRAIN_SECONDS";
        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 300)
        {
            reader.Refuse($"{name} must be a whole number of seconds from 0 to 300.");
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private static string? ReadMetricsToken(SettingsReader reader)
    {
        const string name = "CODESIGNING_METRICS_TOKEN";
        const int shortest = 16;
        var token = reader.Secret(name);
        if (token is not null && (token.Length < shortest || !token.All(char.IsAscii) || token.Any(char.IsWhiteSpace)))
        {
            reader.Refuse($"{name} must be at least {shortest} ASCII characters without blanks, or file:PATH.");
        }

        return token;
    }

    private static Uri? ReadOtlpEndpoint(SettingsReader reader)
    {
        const string name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            reader.Refuse($"{name} is invalid: expected an address such as http://127.0.0.1:4317.");
        }

        return url;
    }

    private static int ReadCount(SettingsReader reader, string name, int otherwise)
    {
        if (reader.Text(name) is not { } text)
        {
            return otherwise;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 1_000_000)
        {
            reader.Refuse($"{name} must be a whole number from 1 to 1000000.");
        }

        return count;
    }
}
