using System.Collections.Immutable;

namespace CodeSigning.Silo.Settings;

/// <summary>Where the gateway listens, and how the world finds a service that does so.</summary>
public static class ListenUrls
{
    /// <summary>Where the service listens if nothing else is said.</summary>
    public const string Usual = "http://127.0.0.1:8080";

    private static readonly string[] AnyAddress = ["://0.0.0.0", "://[::]", "://*", "://+"];

    /// <summary>Reads them. Whether they may be listened on, the gateway checks.</summary>
    public static ImmutableArray<string> Read(SettingsReader reader) => [.. (reader.Text("CODESIGNING_URLS") ?? Usual)
        .Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>The first of the addresses; a host name in place of one that means all addresses of this machine.</summary>
    internal static string PublicOf(ImmutableArray<string> urls) => AnyAddress.Aggregate(
        urls.FirstOrDefault(Usual),
        (url, any) => url.Replace(any, $"://{Environment.MachineName.ToLowerInvariant()}", StringComparison.Ordinal));
}
