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

    /// <summary>The certificate chain and private key for TLS, as PEM files; null without TLS.</summary>
    public required (string CertificatePath, string KeyPath)? Tls { get; init; }

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

    /// <summary>Where traces are sent by OTLP; null where none are made.</summary>
    public Uri? OtlpEndpoint { get; init; }

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

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static GatewaySettings Read(IConfiguration configuration)
    {
        var mistakes = new List<string>();
        var settings = new GatewaySettings
        {
            Urls = [.. Words(configuration, "CODESIGNING_URLS", "http://127.0.0.1:8080")],
            Tls = ReadTls(configuration, mistakes),
            TrustedProxies = ReadProxies(configuration, mistakes),
            SignaturesPerSecond = ReadCount(configuration, "CODESIGNING_SIGNATURES_PER_SECOND", 2000, mistakes),
            RequestsPerSecond = ReadCount(configuration, "CODESIGNING_REQUESTS_PER_SECOND", 50, mistakes),
            RequestsInFlight = ReadCount(configuration, "CODESIGNING_REQUESTS_IN_FLIGHT", 1024, mistakes),
            Connections = ReadCount(configuration, "CODESIGNING_CONNECTIONS", 10_000, mistakes),
            ConnectionsPerAddress = ReadCount(configuration, "CODESIGNING_CONNECTIONS_PER_ADDRESS", 1250, mistakes),
            AnonymousRequestsPerSecond = ReadCount(configuration, "CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND", 50, mistakes),
            OtlpEndpoint = ReadOtlpEndpoint(configuration, mistakes),
        };
        foreach (var url in settings.Urls)
        {
            CheckUrl(url, settings, mistakes);
        }

        return mistakes.Count == 0 ? settings : throw new SettingsException(mistakes);
    }

    private static void CheckUrl(string text, GatewaySettings settings, List<string> mistakes)
    {
        // Kestrel takes * and + for every address; a URI does not.
        var everywhere = text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(everywhere, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            mistakes.Add($"CODESIGNING_URLS holds '{text}', which is not an address such as http://127.0.0.1:8080 or https://0.0.0.0:8443.");
        }
        else if (url.Scheme == "https" && settings.Tls is null)
        {
            mistakes.Add($"CODESIGNING_URLS holds {text}, which needs CODESIGNING_TLS_CERT and CODESIGNING_TLS_KEY.");
        }
        else if (url.Scheme == "http" && !url.IsLoopback && settings.TrustedProxies.IsEmpty)
        {
            mistakes.Add($"CODESIGNING_URLS holds {text}, where others could read tokens on their way. Use https, or name the proxy that does in CODESIGNING_TRUSTED_PROXIES.");
        }
    }

    private static (string, string)? ReadTls(IConfiguration configuration, List<string> mistakes)
    {
        var (certificate, key) = (configuration["CODESIGNING_TLS_CERT"], configuration["CODESIGNING_TLS_KEY"]);
        if (string.IsNullOrWhiteSpace(certificate) && string.IsNullOrWhiteSpace(key))
        {
            return null;
        }

        foreach (var (name, path) in new[] { ("CODESIGNING_TLS_CERT", certificate), ("CODESIGNING_TLS_KEY", key) })
        {
            if (!File.Exists(path))
            {
                mistakes.Add($"{name} must name a PEM file; TLS needs CODESIGNING_TLS_CERT and CODESIGNING_TLS_KEY.");
            }
        }

        return (certificate!, key!);
    }

    private static ImmutableArray<IPNetwork> ReadProxies(IConfiguration configuration, List<string> mistakes)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var word in Words(configuration, "CODESIGNING_TRUSTED_PROXIES", ""))
        {
            if (IPNetwork.TryParse(word, out var network) && network.PrefixLength == 0)
            {
                mistakes.Add($"CODESIGNING_TRUSTED_PROXIES holds '{word}', which is everybody: clients would choose their own address. Name the proxies.");
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
                mistakes.Add($"CODESIGNING_TRUSTED_PROXIES holds '{word}', which is neither an address nor a network such as 10.0.0.0/8.");
            }
        }

        return networks.ToImmutable();
    }

    private static Uri? ReadOtlpEndpoint(IConfiguration configuration, List<string> mistakes)
    {
        const string name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        var text = configuration[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            mistakes.Add($"{name} is not an address such as http://127.0.0.1:4317.");
        }

        return url;
    }

    private static int ReadCount(IConfiguration configuration, string name, int otherwise, List<string> mistakes)
    {
        var text = configuration[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            return otherwise;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 1_000_000)
        {
            mistakes.Add($"{name} must be a whole number from 1 to 1000000.");
        }

        return count;
    }

    private static string[] Words(IConfiguration configuration, string name, string otherwise)
    {
        var text = configuration[name];
        return (string.IsNullOrWhiteSpace(text) ? otherwise : text)
            .Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
