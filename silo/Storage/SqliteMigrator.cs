using System.Globalization;

namespace CodeSigning.Silo.Storage;

/// <summary>Migrates the SQLite file, each step in a transaction that holds the write lock.</summary>
internal sealed class SqliteMigrator(SqliteWriteThread writer, TimeProvider time) : IMigrator
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var migrations = Migration.Load("Storage/Sqlite");
        var (version, worksWith) = await writer.WriteAsync(statements =>
        {
            statements.Execute(
                "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL)");
            EnsureWorksWith(statements);
            return (ReadVersion(statements), ReadWorksWith(statements, migrations[^1].Version));
        });
        Migration.CheckNotNewer(migrations, version, worksWith);
        foreach (var migration in migrations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await writer.WriteAsync(statements => Apply(statements, migration));
        }
    }

    // Another process may have applied it since the version was read.
    private bool Apply(SqliteStatements statements, Migration migration)
    {
        if (ReadVersion(statements) >= migration.Version)
        {
            return false;
        }

        statements.RunScript(migration.Sql);
        statements.Execute(
            "INSERT INTO schema_version (version, name, applied_ms, works_with) VALUES (@a, @b, @c, @d)",
            migration.Version, migration.Name, time.GetUtcNow().ToUnixTimeMilliseconds(), migration.WorksWith);
        return true;
    }

    private static int ReadVersion(SqliteStatements statements) =>
        Convert.ToInt32(statements.Scalar("SELECT coalesce(max(version), 0) FROM schema_version"), CultureInfo.InvariantCulture);

    // Earlier releases made the table without it.
    private static void EnsureWorksWith(SqliteStatements statements)
    {
        if (Convert.ToInt32(
            statements.Scalar("SELECT count(*) FROM pragma_table_info('schema_version') WHERE name = 'works_with'"), CultureInfo.InvariantCulture) == 0)
        {
            statements.Execute("ALTER TABLE schema_version ADD COLUMN works_with INTEGER");
        }
    }

    private static int? ReadWorksWith(SqliteStatements statements, int known) =>
        statements.Scalar("SELECT max(coalesce(works_with, version)) FROM schema_version WHERE version > @a", known) is { } found
            ? Convert.ToInt32(found, CultureInfo.InvariantCulture)
            : null;
}
