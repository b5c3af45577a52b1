using CodeSigning.Silo.Storage.Sqlite;

namespace CodeSigning.Silo.Storage.Reminders;

/// <summary>Reminders on SQLite, in the queue of the one connection that writes.</summary>
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
