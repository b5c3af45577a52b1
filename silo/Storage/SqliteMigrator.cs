using System.Globalization;

namespace CodeSigning.Silo.Storage;

/// <summary>Migrates the SQLite file, each step in a transaction that holds the write lock.</summary>
internal sealed class SqliteMigrator(SqliteWriteThread writer, TimeProvider time) : IMigrator
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var migrations = Migration.Load("Storage/Sqlite");
        var version = await writer.WriteAsync(statements =>
        {
            statements.Execute(
                "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL)");
            return ReadVersion(statements);
        });
        Migration.CheckNotNewer(migrations, version);
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

        statements.Execute(migration.Sql);
        statements.Execute(
            "INSERT INTO schema_version (version, name, applied_ms) VALUES (@a, @b, @c)",
            migration.Version, migration.Name, time.GetUtcNow().ToUnixTimeMilliseconds());
        return true;
    }

    private static int ReadVersion(SqliteStatements statements) =>
        Convert.ToInt32(statements.Scalar("SELECT coalesce(max(version), 0) FROM schema_version"), CultureInfo.InvariantCulture);
}
