using CodeSigning.Errors;

namespace CodeSigning.Gateway.Auth;

/// <summary>Paths of this server that a sign-in or a form may lead to: nobody can have it lead elsewhere.</summary>
internal static class LocalPath
{
    private const int MaxLength = 2048;

    /// <summary>Returns the path if it is one of this server's; <c>/</c> for none.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string Validate(string? next) => next is null ? "/"
        : IsLocal(next) ? next
        : throw new RefusedException(
            ErrorCode.InvalidRequest, "The parameter 'next' is invalid: expected a path of this server, such as /requests, in printable ASCII.");

    /// <summary>The path, if it is one of this server's; otherwise the first page.</summary>
    public static string OrHome(string? next) => next is not null && IsLocal(next) ? next : "/";

    // Browsers take \ for /, drop tabs and line ends, and go to another host after two of them.
    private static bool IsLocal(string path) =>
        path.Length <= MaxLength && path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal)
        && !path.Contains('\\', StringComparison.Ordinal) && !path.AsSpan().ContainsAnyExceptInRange('!', '~');
}
