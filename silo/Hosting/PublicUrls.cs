namespace CodeSigning.Silo.Hosting;

/// <summary>Under which address the world reaches a service that listens on some.</summary>
internal static class PublicUrls
{
    /// <summary>Where the service listens if nothing else is said.</summary>
    public const string Usual = "http://127.0.0.1:8080";

    private static readonly string[] AnyAddress = ["://0.0.0.0", "://[::]", "://*", "://+"];

    /// <summary>The first of the addresses; a host name in place of one that means all addresses of this machine.</summary>
    public static string FirstOf(string? urls)
    {
        var first = (urls ?? Usual).Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(Usual);
        return AnyAddress.Aggregate(
            first,
            (url, any) => url.Replace(any, $"://{Environment.MachineName.ToLowerInvariant()}", StringComparison.Ordinal));
    }
}
