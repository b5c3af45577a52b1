using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Migrates as the role that owns the schema, one node at a time, and grants the service's role only SELECT and EXECUTE. A
/// node that knows the service's role alone changes nothing, and needs a schema that is already of its version.
/// </summary>
internal sealed class PostgreSqlMigrator(
    IOptions<StorageOptions> options, IEnumerable<MigrationSeries> series, ILogger<PostgreSqlMigrator> logger) : IMigrator
{
    /// <summary>The advisory lock that is held, exclusively, while the schema is made or changed.</summary>
    public const long Lock = 0x636f64657369676e;

    private const string HowToMigrate = "Run 'silo migrate' with CODESIGNING_DB_MIGRATE set, or set it on this node.";

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var service = new NpgsqlConnectionStringBuilder(options.Value.Database);
        NpgsqlConnectionStringBuilder role = new(options.Value.Migrate ?? options.Value.Database)
        {
            SearchPath = PostgreSqlConnections.Schema,
            Pooling = false, // The lock is held until the connection closes.
        };
        try
        {
            await using NpgsqlConnection connection = new(role.ToString());
            await connection.OpenAsync(cancellationToken);
            if (options.Value.Migrate is null && !await OwnsSchemaAsync(connection, cancellationToken))
            {
                await RequireSchemaAsync(connection, service.Username!, cancellationToken);
                return;
            }

            await MigrateAsync(connection, service.Username!, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgreSqlFaults.Translate(exception);
        }
    }

    // Of a schema that is not there, it says whether the role may make it.
    private static async Task<bool> OwnsSchemaAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand owns = new(
            """
            SELECT coalesce(
                (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'codesigning'),
                has_database_privilege(current_database(), 'CREATE'))
            """,
            connection);
        return await owns.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task RequireSchemaAsync(NpgsqlConnection connection, string role, CancellationToken cancellationToken)
    {
        // Another node may be migrating.
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock_shared({Lock})", cancellationToken);
        foreach (var one in series)
        {
            var migrations = Migration.Load(one.Folder);
            var version = await FindVersionAsync(connection, one, migrations, role, cancellationToken);
            if (version < migrations[^1].Version)
            {
                throw new SchemaVersionException(version == 0
                    ? $"The database has no schema yet, and the role {role} may not make one. {HowToMigrate}"
                    : $"The database's schema has version {version}, and this server needs {migrations[^1].Version}. {HowToMigrate}");
            }
        }
    }

    private static async Task<int> FindVersionAsync(
        NpgsqlConnection connection, MigrationSeries one, IReadOnlyList<Migration> migrations, string role, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadVersionAsync(connection, one, migrations, cancellationToken);
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return 0;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SchemaVersionException($"The role {role} may not read the database's schema. {HowToMigrate}");
        }
    }

    private async Task MigrateAsync(NpgsqlConnection connection, string serviceRole, CancellationToken cancellationToken)
    {
        if (options.Value.Migrate is null)
        {
            logger.LogWarning(
                "The service's role {Role} owns the schema and could change or delete entries of the ledger: use a separate owner role, "
                + "see docs/backup.md and deploy/postgresql",
                serviceRole);
        }

        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({Lock})", cancellationToken);
        foreach (var one in series)
        {
            await MigrateAsync(connection, one, cancellationToken);
        }

        if (options.Value.Migrate is not null)
        {
            await GrantAsync(connection, serviceRole, cancellationToken);
        }
    }

    private static async Task MigrateAsync(NpgsqlConnection connection, MigrationSeries series, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            $"""
            CREATE SCHEMA IF NOT EXISTS codesigning;
            CREATE TABLE IF NOT EXISTS codesigning.{series.VersionTable}
                (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
            ALTER TABLE codesigning.{series.VersionTable} ADD COLUMN IF NOT EXISTS works_with integer
            """,
            cancellationToken);
        var migrations = Migration.Load(series.Folder);
        var version = await ReadVersionAsync(connection, series, migrations, cancellationToken);
        foreach (var migration in migrations.Where(m => m.Version > version))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, migration.Sql, cancellationToken);
            await using NpgsqlCommand note = new(
                $"INSERT INTO {series.VersionTable} (version, name, works_with) VALUES ($1, $2, $3)", connection);
            note.Parameters.AddWithValue(migration.Version);
            note.Parameters.AddWithValue(migration.Name);
            note.Parameters.AddWithValue(migration.WorksWith);
            await note.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    // The table of an earlier release has no column works_with.
    private static async Task<int> ReadVersionAsync(
        NpgsqlConnection connection, MigrationSeries series, IReadOnlyList<Migration> migrations, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand read = new(
            $"""
            SELECT coalesce(max(version), 0),
                max(coalesce((to_jsonb(v) ->> 'works_with')::integer, version)) FILTER (WHERE version > $1)
            FROM {series.VersionTable} v
            """,
            connection);
        read.Parameters.AddWithValue(migrations[^1].Version);
        await using var row = await read.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var version = row.GetInt32(0);
        Migration.CheckNotNewer(migrations, version, row.IsDBNull(1) ? null : row.GetInt32(1));
        return version;
    }

    private static async Task GrantAsync(NpgsqlConnection connection, string role, CancellationToken cancellationToken)
    {
        var grantee = new NpgsqlCommandBuilder().QuoteIdentifier(role);
        await ExecuteAsync(
            connection,
            $"""
            REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA codesigning FROM PUBLIC;
            GRANT USAGE ON SCHEMA codesigning TO {grantee};
            GRANT SELECT ON ALL TABLES IN SCHEMA codesigning TO {grantee};
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA codesigning TO {grantee}
            """,
            cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // No time-out: a migration of a long ledger, or of another node, may take long.
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
