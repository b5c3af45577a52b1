using System.Collections.Immutable;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>The table that docs/permissions.md shows to readers, as it is read there.</summary>
internal static class PermissionTable
{
    private static readonly string Page = Path.Combine(AppContext.BaseDirectory, "Authorisation", "permissions.md");

    /// <summary>Every row of every table of the page.</summary>
    public static ImmutableArray<PermissionRow> Read() =>
    [
        .. File.ReadLines(Page).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(Parse),
    ];

    private static PermissionRow Parse(string line)
    {
        var cells = line.Split('|', StringSplitOptions.TrimEntries)[1..^1];
        var roles = Enum.GetValues<Role>();
        Assert.True(cells.Length == roles.Length + 1, $"{cells[0]} has {cells.Length - 1} answers for {roles.Length} roles.");
        return new PermissionRow(cells[0].Trim('`'), roles.Zip(cells.Skip(1)).ToImmutableDictionary(pair => pair.First, pair => pair.Second));
    }
}
