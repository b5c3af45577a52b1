using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Storage.Reminders;

/// <summary>
/// Keeps reminders in the store. A row written with an ETag replaces only the row of that ETag, which is how one node of
/// several claims a reminder that is due.
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

    // A version is random, so that a row that was removed and made again never has the version it had.
    private static long NewVersion() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;

    private static string ToETag(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static long ToVersion(string etag) => long.Parse(etag, CultureInfo.InvariantCulture);
}
