namespace CodeSigning.Gateway.Pages.Layout;

/// <summary>Paths to lead a browser to, which a request may name.</summary>
internal static class LocalPath
{
    private const int MaxLength = 2000;

    /// <summary>The path, if it is one of this server; otherwise the first page.</summary>
    public static string OrHome(string? path) => IsLocal(path) ? path! : "/";

    // Browsers read a backslash as a slash, drop control characters, and take two slashes for another host.
    private static bool IsLocal(string? path) =>
        path is { Length: > 0 and <= MaxLength } && path[0] == '/'
        && !path.StartsWith("//", StringComparison.Ordinal)
        && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl);
}
