using Orleans.Runtime;

namespace Orleans;

/// <summary>
/// Keeps reminders across restarts, for one node or several.
/// </summary>
/// <remarks>
/// Orleans writes rows without an ETag, whatever stands there. This host also writes rows with one, to claim a due
/// reminder against other nodes, so an implementation that serves both honours
/// <see cref="ReminderEntry.ETag"/> in <see cref="UpsertRow"/>: null means insert or replace; otherwise the row is
/// replaced only if it still has that ETag, and the result is null if it has not or is gone.
/// </remarks>
public interface IReminderTable
{
    /// <summary>Prepares the table.</summary>
    Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>The reminders of a grain.</summary>
    Task<ReminderTableData> ReadRows(GrainId grainId);

    /// <summary>
    /// The reminders of grains whose <see cref="GrainId.GetUniformHashCode"/> is in (begin, end]; if begin is not less than
    /// end, those above begin and those up to end. So (0, 0) is all.
    /// </summary>
    Task<ReminderTableData> ReadRows(uint begin, uint end);

    /// <summary>One reminder, or null.</summary>
    Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName);

    /// <summary>Writes a row and returns its new ETag, or null if its own ETag no longer holds.</summary>
    Task<string?> UpsertRow(ReminderEntry entry);

    /// <summary>Removes a row if it has that ETag. Returns whether it did.</summary>
    Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag);

    /// <summary>Empties the table.</summary>
    Task TestOnlyClearTable();

    /// <summary>Releases what the table holds.</summary>
    Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
}

/// <summary>Rows of a reminder table.</summary>
public sealed class ReminderTableData
{
    /// <summary>No rows.</summary>
    public ReminderTableData() => Reminders = [];

    /// <summary>One row.</summary>
    public ReminderTableData(ReminderEntry entry) => Reminders = [entry];

    /// <summary>Some rows.</summary>
    public ReminderTableData(IEnumerable<ReminderEntry> list) => Reminders = [.. list];

    /// <summary>The rows.</summary>
    public IList<ReminderEntry> Reminders { get; }

    /// <inheritdoc/>
    public override string ToString() => $"[{Reminders.Count} reminders]";
}

/// <summary>A row of a reminder table.</summary>
public sealed class ReminderEntry
{
    /// <summary>The grain it reminds.</summary>
    public GrainId GrainId { get; set; }

    /// <summary>Its name within the grain.</summary>
    public string ReminderName { get; set; } = null!;

    /// <summary>When it is due, or was due first. UTC.</summary>
    public DateTime StartAt { get; set; }

    /// <summary>Time from tick to tick.</summary>
    public TimeSpan Period { get; set; }

    /// <summary>The row's version.</summary>
    public string? ETag { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"<GrainId={GrainId} ReminderName={ReminderName} Period={Period}>";
}
