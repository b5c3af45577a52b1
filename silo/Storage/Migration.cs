using System.Globalization;
using System.Reflection;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// A schema migration: an embedded SQL file named <c>0001-what.sql</c>. Servers of an earlier release run on with the new
/// schema, as during a rolling upgrade, where its first line is <c>-- Works with version N.</c> and they support version N.
/// </summary>
/// <param name="Version">Its number, and the schema's after it.</param>
/// <param name="WorksWith">The earliest schema version whose servers work with it.</param>
/// <param name="Name">What it does.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(int Version, int WorksWith, string Name, string Sql)
{
    private const string WorksWithComment = "-- Works with version ";

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

    /// <summary>Refuses a schema with which this version of the product does not work.</summary>
    /// <param name="known">The migrations of this version.</param>
    /// <param name="version">The schema's version.</param>
    /// <param name="worksWith">The earliest version whose servers work with all of its migrations that are not known.</param>
    /// <exception cref="SchemaVersionException">It is newer, and this version does not work with it.</exception>
    public static void CheckNotNewer(IReadOnlyList<Migration> known, int version, int? worksWith)
    {
        var newest = known[^1].Version;
        if (version > newest && (worksWith is null || worksWith > newest))
        {
            throw new SchemaVersionException(
                $"The store's schema has version {version}, but this server supports at most {newest}: start a newer server.");
        }
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
        var sql = reader.ReadToEnd();
        var dash = file.IndexOf('-', StringComparison.Ordinal);
        var version = int.Parse(file[..dash], CultureInfo.InvariantCulture);
        return new Migration(version, ReadWorksWith(sql) ?? version, file[(dash + 1)..^4], sql);
    }

    private static int? ReadWorksWith(string sql) => sql.StartsWith(WorksWithComment, StringComparison.Ordinal)
        ? int.Parse(sql.AsSpan(WorksWithComment.Length, sql.IndexOf('.', StringComparison.Ordinal) - WorksWithComment.Length), CultureInfo.InvariantCulture)
        : null;
}

/// <summary>The schema's version is not one that this server works with.</summary>
internal sealed class SchemaVersionException(string message) : Exception(message);

/// <summary>A separately numbered series of migrations.</summary>
/// <param name="Folder">The folder of this project that holds its <c>Migrations</c>.</param>
/// <param name="VersionTable">The table of the applied migrations.</param>
internal sealed record MigrationSeries(string Folder, string VersionTable);

/// <summary>Migrates the schema to this version. Several nodes may start concurrently.</summary>
internal interface IMigrator
{
    /// <summary>Applies the missing migrations, each once.</summary>
    /// <exception cref="SchemaVersionException">
    /// The schema is of a newer version of the product, or of an older one and this node may not change it.
    /// </exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}
