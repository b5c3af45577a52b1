using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Pages.People;

/// <summary>
/// The CI systems that the form of a binding knows, and the claims of their tokens. Pure functions.
/// GitHub: "OpenID Connect reference"; GitLab: "ID token authentication".
/// </summary>
internal static class OidcIssuers
{
    /// <summary>The issuer of GitHub Actions.</summary>
    public const string GitHub = "https://token.actions.githubusercontent.com";

    /// <summary>The issuer of GitLab.com; GitLab of one's own is its own issuer.</summary>
    public const string GitLab = "https://gitlab.com";

    /// <summary>What a binding is to, in a few words.</summary>
    public static string TitleOf(OidcBinding binding) => binding.Issuer switch
    {
        GitHub => "GitHub Actions",
        GitLab => "GitLab CI",
        _ => binding.Issuer,
    };

    /// <summary>The claims that a form gives, without those left empty; null for none.</summary>
    /// <param name="claims">Each claim with what was filled in for it.</param>
    public static ImmutableSortedDictionary<string, string>? Claims(params ReadOnlySpan<(string Name, string? Pattern)> claims)
    {
        var given = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, pattern) in claims)
        {
            if (pattern is not null)
            {
                given[name] = pattern;
            }
        }

        return given.Count == 0 ? null : given.ToImmutable();
    }

    /// <summary>Reads claims from lines such as <c>ref = refs/heads/main</c>.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: a line has no name or no pattern, or a name is there twice.</exception>
    public static ImmutableSortedDictionary<string, string>? ParseClaims(string? lines)
    {
        var given = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var line in (lines ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0 || !given.TryAdd(parts[0], parts[1]))
            {
                throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'claims' is invalid: expected a line such as 'ref = refs/heads/main' for each claim once, got '{line}'.");
            }
        }

        return given.Count == 0 ? null : given.ToImmutable();
    }

    /// <summary>The claims as lines.</summary>
    public static string ToLines(OidcBinding? binding) =>
        string.Join('\n', (binding?.Claims ?? ImmutableSortedDictionary<string, string>.Empty).Select(claim => $"{claim.Key} = {claim.Value}"));
}
