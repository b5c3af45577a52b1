using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace CodeSigning.Pages.Tests.Permissions;

/// <summary>The forms that the sources of the pages have: each names the method that handles it.</summary>
internal static partial class FormsInSources
{
    /// <summary>The route of the page and the handler, once for each route; the file's name where it is no page.</summary>
    public static IEnumerable<(string Page, string Handler)> Find() =>
        from file in Directory.EnumerateFiles(Folder(), "*.razor", SearchOption.AllDirectories)
        where !file.Contains($"{Path.DirectorySeparatorChar}Components{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        let text = File.ReadAllText(file)
        from page in RoutesOf(text).DefaultIfEmpty(Path.GetFileName(file))
        from form in Handler().Matches(text)
        select (page, form.Groups[1].Value);

    private static IEnumerable<string> RoutesOf(string text) => Route().Matches(text).Select(match => match.Groups[1].Value);

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../gateway/Pages"));

    [GeneratedRegex("^@page \"([^\"]+)\"", RegexOptions.Multiline)]
    private static partial Regex Route();

    [GeneratedRegex("OnSubmit=\"(?:@\\()?(?:\\(\\) => )?(\\w+)")]
    private static partial Regex Handler();
}
