using System.Globalization;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>A reminder table in memory that outlives hosts and may be shared by several.</summary>
public sealed class TestReminderTable : IReminderTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId Grain, string Name), ReminderEntry> _rows = [];
    private int _version;
    private Task? _hold;

    public bool IsReadingHeld { get; private set; }

    /// <summary>Lets the next reading of a range take its rows now, and return them only when told.</summary>
    public void HoldNextReading(Task until) => _hold = until;

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Rows(row => row.GrainId == grainId);

    public async Task<ReminderTableData> ReadRows(uint begin, uint end)
    {
        var rows = await Rows(row => row.GrainId.GetUniformHashCode() is var hash
            && (begin < end ? hash > begin && hash <= end : hash > begin || hash <= end));
        if (Interlocked.Exchange(ref _hold, null) is { } hold)
        {
            IsReadingHeld = true;
            await hold;
        }

        return rows;
    }

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) =>
        (await Rows(row => row.GrainId == grainId && row.ReminderName == reminderName)).Reminders.SingleOrDefault();

    public Task<string?> UpsertRow(ReminderEntry entry)
    {
        lock (_gate)
        {
            var key = (entry.GrainId, entry.ReminderName);
            if (entry.ETag is not null && (!_rows.TryGetValue(key, out var current) || current.ETag != entry.ETag))
                return Task.FromResult<string?>(null);
            var copy = Copy(entry);
            copy.ETag = (++_version).ToString(CultureInfo.InvariantCulture);
            _rows[key] = copy;
            return Task.FromResult<string?>(copy.ETag);
        }
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        lock (_gate)
            return Task.FromResult(
                _rows.TryGetValue((grainId, reminderName), out var row) && row.ETag == eTag && _rows.Remove((grainId, reminderName)));
    }

    public Task TestOnlyClearTable()
    {
        lock (_gate)
            _rows.Clear();
        return Task.CompletedTask;
    }

    private Task<ReminderTableData> Rows(Func<ReminderEntry, bool> filter)
    {
        lock (_gate)
            return Task.FromResult(new ReminderTableData(_rows.Values.Where(filter).Select(Copy)));
    }

    private static ReminderEntry Copy(ReminderEntry entry) => new()
    {
        GrainId = entry.GrainId, ReminderName = entry.ReminderName, StartAt = entry.StartAt, Period = entry.Period, ETag = entry.ETag,
    };
}
