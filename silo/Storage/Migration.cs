using System.Globalization;
using System.Reflection;

namespace CodeSigning.Silo.Storage;

/// <summary>A schema migration: an embedded SQL file named <c>0001-what.sql</c>.</summary>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>The migrations of one series, in order.</summary>
    /// <param name="folder">The folder of this project that holds its <c>Migrations</c>.</param>
    public static IReadOnlyList<Migration> Load(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = $"{folder}/Migrations/";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, name[prefix.Length..]))
            .OrderBy(migration => migration.Version)];
    }

    /// <summary>Refuses a schema of a newer version of the product.</summary>
    public static void CheckNotNewer(IReadOnlyList<Migration> known, int version)
    {
        if (version > known[^1].Version)
        {
            throw new InvalidOperationException(
                $"The store's schema has version {version}, but this server supports at most {known[^1].Version}: start a newer server.");
        }
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
        var dash = file.IndexOf('-', StringComparison.Ordinal);
        return new Migration(int.Parse(file[..dash], CultureInfo.InvariantCulture), file[(dash + 1)..^4], reader.ReadToEnd());
    }
}

/// <summary>A separately numbered series of migrations.</summary>
/// <param name="Folder">The folder of this project that holds its <c>Migrations</c>.</param>
/// <param name="VersionTable">The table of the applied migrations.</param>
internal sealed record MigrationSeries(string Folder, string VersionTable);

/// <summary>Migrates the schema to this version. Several nodes may start concurrently.</summary>
internal interface IMigrator
{
    /// <summary>Applies the missing migrations, each once.</summary>
    /// <exception cref="InvalidOperationException">The schema is of a newer version of the product.</exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}
