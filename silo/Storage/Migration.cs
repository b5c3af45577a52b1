using System.Globalization;
using System.Reflection;

namespace CodeSigning.Silo.Storage;

/// <summary>One step of the schema: an embedded SQL file named <c>0001-what.sql</c>.</summary>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>The steps of one series, in order.</summary>
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

    /// <summary>Refuses a schema that a newer version of the product made.</summary>
    public static void CheckNotNewer(IReadOnlyList<Migration> known, int version)
    {
        if (version > known[^1].Version)
        {
            throw new InvalidOperationException(
                $"The store's schema has version {version}; this version of the server knows {known[^1].Version}. Start a newer server.");
        }
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
        var dash = file.IndexOf('-', StringComparison.Ordinal);
        return new Migration(int.Parse(file[..dash], CultureInfo.InvariantCulture), file[(dash + 1)..^4], reader.ReadToEnd());
    }
}

/// <summary>Steps of the schema that are numbered for themselves.</summary>
/// <param name="Folder">The folder of this project that holds its <c>Migrations</c>.</param>
/// <param name="VersionTable">The table that notes which of them were applied.</param>
internal sealed record MigrationSeries(string Folder, string VersionTable);

/// <summary>Brings the schema up to what this version needs. Several nodes may start at once.</summary>
internal interface IMigrator
{
    /// <summary>Applies the migrations that are missing, each once.</summary>
    /// <exception cref="InvalidOperationException">The schema is of a newer version of the product.</exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}
