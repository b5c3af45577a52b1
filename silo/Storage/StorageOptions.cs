namespace CodeSigning.Silo.Storage;

/// <summary>The store's location.</summary>
public sealed class StorageOptions
{
    /// <summary><c>sqlite</c>, or the PostgreSQL connection string of the service's role.</summary>
    public string Database { get; set; } = "sqlite";

    /// <summary>The PostgreSQL connection string of the role that owns the schema; null to migrate as the service's role.</summary>
    public string? Migrate { get; set; }

    /// <summary>The directory that holds the SQLite file.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>The file outside the store for this node's high-water mark; null for one in the data directory.</summary>
    public string? HighWater { get; set; }

    /// <summary>The path of this node's high-water mark.</summary>
    public string HighWaterPath => HighWater ?? Path.Combine(DataDirectory, "high-water");

    /// <summary>Whether the store is an SQLite file.</summary>
    public bool IsSqlite => string.Equals(Database, "sqlite", StringComparison.OrdinalIgnoreCase);

    /// <summary>The SQLite file.</summary>
    public string SqliteFile => Path.Combine(DataDirectory, "codesigning.db");
}
