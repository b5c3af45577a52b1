using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Migrates as the role that owns the schema, one node at a time, and grants the service's role only SELECT and
/// EXECUTE.
/// </summary>
internal sealed class PostgreSqlMigrator(
    IOptions<StorageOptions> options, IEnumerable<MigrationSeries> series, ILogger<PostgreSqlMigrator> logger) : IMigrator
{
    /// <summary>The advisory lock that is held, exclusively, while the schema is made or changed.</summary>
    public const long Lock = 0x636f64657369676e;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var service = new NpgsqlConnectionStringBuilder(options.Value.Database);
        if (options.Value.Migrate is null)
        {
            logger.LogWarning(
                "CODESIGNING_DB_MIGRATE is not set, so the service's role {Role} owns the schema and could change or delete entries "
                + "of the ledger: use a separate owner role, see docs/backup.md and deploy/postgresql",
                service.Username);
        }

        NpgsqlConnectionStringBuilder owner = new(options.Value.Migrate ?? options.Value.Database)
        {
            SearchPath = PostgreSqlConnections.Schema,
            Pooling = false,
        };
        try
        {
            await using NpgsqlConnection connection = new(owner.ToString());
            await connection.OpenAsync(cancellationToken);
            // Held until the connection closes.
            await ExecuteAsync(connection, $"SELECT pg_advisory_lock({Lock})", cancellationToken);
            foreach (var one in series)
            {
                await MigrateAsync(connection, one, cancellationToken);
            }

            if (options.Value.Migrate is not null)
            {
                await GrantAsync(connection, service.Username!, cancellationToken);
            }
        }
        catch (NpgsqlException exception)
        {
            throw PostgreSqlFaults.Translate(exception);
        }
    }

    private static async Task MigrateAsync(NpgsqlConnection connection, MigrationSeries series, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            $"""
            CREATE SCHEMA IF NOT EXISTS codesigning;
            CREATE TABLE IF NOT EXISTS codesigning.{series.VersionTable}
                (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """,
            cancellationToken);
        await using NpgsqlCommand read = new($"SELECT coalesce(max(version), 0) FROM {series.VersionTable}", connection);
        var version = Convert.ToInt32(await read.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        var migrations = Migration.Load(series.Folder);
        Migration.CheckNotNewer(migrations, version);
        foreach (var migration in migrations.Where(m => m.Version > version))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, migration.Sql, cancellationToken);
            await using NpgsqlCommand note = new($"INSERT INTO {series.VersionTable} (version, name) VALUES ($1, $2)", connection);
            note.Parameters.AddWithValue(migration.Version);
            note.Parameters.AddWithValue(migration.Name);
            await note.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
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
