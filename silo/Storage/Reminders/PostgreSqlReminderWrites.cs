using CodeSigning.Silo.Storage.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace CodeSigning.Silo.Storage.Reminders;

/// <summary>Reminders on PostgreSQL, by functions of the schema's owner.</summary>
internal sealed class PostgreSqlReminderWrites(PostgreSqlConnections connections) : IReminderWrites
{
    public async Task<bool> UpsertAsync(ReminderRow row, long? expected, CancellationToken cancellationToken) =>
        (bool)(await connections.CallAsync(
            "codesigning.upsert_reminder($1, $2, $3, $4, $5, $6, $7)",
            cancellationToken,
            new NpgsqlParameter { Value = row.GrainId },
            new NpgsqlParameter { Value = row.Name },
            new NpgsqlParameter { Value = row.GrainHash },
            new NpgsqlParameter { Value = row.StartMs },
            new NpgsqlParameter { Value = row.PeriodMs },
            new NpgsqlParameter { Value = row.Version },
            new NpgsqlParameter { Value = expected ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint }))!;

    public async Task<bool> RemoveAsync(string grainId, string name, long version, CancellationToken cancellationToken) =>
        (bool)(await connections.CallAsync(
            "codesigning.remove_reminder($1, $2, $3)",
            cancellationToken,
            new NpgsqlParameter { Value = grainId },
            new NpgsqlParameter { Value = name },
            new NpgsqlParameter { Value = version }))!;
}
