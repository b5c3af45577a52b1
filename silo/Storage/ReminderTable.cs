using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Stores reminders. A write with an ETag replaces only the row with that ETag, which is how one of several nodes
/// claims a due reminder.
/// </summary>
internal sealed class ReminderTable(IReadConnections connections, IReminderWrites writes) : IReminderTable
{
    private const string Columns = "SELECT grain_id, name, grain_hash, start_ms, period_ms, version FROM reminders";

    public async Task<ReminderTableData> ReadRows(GrainId grainId) =>
        new(await QueryAsync("WHERE grain_id = @a", grainId.ToString()));

    public async Task<ReminderTableData> ReadRows(uint begin, uint end) => new(begin < end
        ? await QueryAsync("WHERE grain_hash > @a AND grain_hash <= @b", (long)begin, (long)end)
        : await QueryAsync("WHERE grain_hash > @a OR grain_hash <= @b", (long)begin, (long)end));

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
    {
        var rows = await QueryAsync("WHERE grain_id = @a AND name = @b", grainId.ToString(), reminderName);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        ReminderRow row = new(
            entry.GrainId.ToString(),
            entry.ReminderName,
            entry.GrainId.GetUniformHashCode(),
            new DateTimeOffset(DateTime.SpecifyKind(entry.StartAt, DateTimeKind.Utc)).ToUnixTimeMilliseconds(),
            (long)entry.Period.TotalMilliseconds,
            NewVersion());
        var expected = entry.ETag is { } etag ? ToVersion(etag) : (long?)null;
        return await writes.UpsertAsync(row, expected, CancellationToken.None) ? ToETag(row.Version) : null;
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        writes.RemoveAsync(grainId.ToString(), reminderName, ToVersion(eTag), CancellationToken.None);

    public async Task TestOnlyClearTable()
    {
        foreach (var row in (await ReadRows(0, 0)).Reminders)
        {
            await RemoveRow(row.GrainId, row.ReminderName, row.ETag!);
        }
    }

    private Task<List<ReminderEntry>> QueryAsync(string condition, params object[] values) =>
        connections.QueryAsync($"{Columns} {condition}", Map, CancellationToken.None, values);

    private static ReminderEntry Map(DbDataReader reader) => new()
    {
        GrainId = GrainId.Parse(reader.GetString(0), CultureInfo.InvariantCulture),
        ReminderName = reader.GetString(1),
        StartAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)).UtcDateTime,
        Period = TimeSpan.FromMilliseconds(reader.GetInt64(4)),
        ETag = ToETag(reader.GetInt64(5)),
    };

    // Versions are random, so that a recreated row never repeats an earlier version.
    private static long NewVersion() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;

    private static string ToETag(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static long ToVersion(string etag) => long.Parse(etag, CultureInfo.InvariantCulture);
}

/// <summary>A stored reminder. Each write gives the row a new, unique version.</summary>
internal sealed record ReminderRow(string GrainId, string Name, long GrainHash, long StartMs, long PeriodMs, long Version);

/// <summary>Writes rows of the reminder table.</summary>
internal interface IReminderWrites
{
    /// <summary>Inserts or replaces a row; with <paramref name="expected"/>, only replaces a row of that version.</summary>
    /// <returns>False if no row has that version.</returns>
    Task<bool> UpsertAsync(ReminderRow row, long? expected, CancellationToken cancellationToken);

    /// <summary>Removes a row of that version; false if there is none.</summary>
    Task<bool> RemoveAsync(string grainId, string name, long version, CancellationToken cancellationToken);
}

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

/// <summary>Reminders on SQLite, on the single writing connection.</summary>
internal sealed class SqliteReminderWrites(SqliteWriteThread writer) : IReminderWrites
{
    public Task<bool> UpsertAsync(ReminderRow row, long? expected, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => expected is { } version
            ? statements.Execute(
                """
                UPDATE reminders SET grain_hash = @c, start_ms = @d, period_ms = @e, version = @f
                WHERE grain_id = @a AND name = @b AND version = @g
                """,
                row.GrainId, row.Name, row.GrainHash, row.StartMs, row.PeriodMs, row.Version, version) == 1
            : statements.Execute(
                """
                INSERT OR REPLACE INTO reminders (grain_id, name, grain_hash, start_ms, period_ms, version)
                VALUES (@a, @b, @c, @d, @e, @f)
                """,
                row.GrainId, row.Name, row.GrainHash, row.StartMs, row.PeriodMs, row.Version) == 1);

    public Task<bool> RemoveAsync(string grainId, string name, long version, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => statements.Execute(
            "DELETE FROM reminders WHERE grain_id = @a AND name = @b AND version = @c", grainId, name, version) == 1);
}
