using CodeSigning.Embedded.Engine;
using CodeSigning.Embedded.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Reminders;
using Orleans.Runtime;
using Orleans.Timers;

namespace CodeSigning.Embedded.Reminders;

/// <summary>
/// Keeps reminders in the table and delivers those that are due.
/// </summary>
/// <remarks>
/// Any number of nodes may work on one table. A node claims a due reminder by moving its time on, in one write that holds
/// only if nobody else has moved it: first by a lease, then, when it has been delivered, to its next tick. If the node
/// dies in between, the lease runs out and another delivers it: at least once.
/// </remarks>
internal sealed class ReminderService(
    GrainRuntime runtime,
    IServiceProvider services,
    IOptions<EmbeddedGrainsOptions> options,
    ILogger<ReminderService> log) : IReminderRegistry, IDisposable
{
    private const int ConcurrentDeliveries = 64;
    private static readonly TimeSpan ShortestLease = TimeSpan.FromMinutes(1);

    private readonly IReminderTable? _table = (IReminderTable?)services.GetService(typeof(IReminderTable));
    private readonly TimeProvider _time = GrainRuntime.TimeOf(services, ReminderTimeProviderNames.Reminders);
    private readonly ReminderSchedule _schedule = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reminderName);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        if (period < options.Value.MinimumReminderPeriod)
            throw new ArgumentException($"A reminder's period is at least {options.Value.MinimumReminderPeriod}.", nameof(period));

        var entry = new ReminderEntry { GrainId = callingGrainId, ReminderName = reminderName, StartAt = Now + dueTime, Period = period };
        entry.ETag = await Table.UpsertRow(entry)
            ?? throw new ReminderException($"Reminder {entry} was changed by another at the same time. Try again.");
        _schedule.Set(entry);
        return new Reminder(entry);
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);

        // A claim changes the ETag without changing what the grain means, so it is read anew.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var entry = await Table.ReadRow(callingGrainId, reminder.ReminderName);
            if (entry is null || await Table.RemoveRow(callingGrainId, reminder.ReminderName, entry.ETag!))
            {
                _schedule.Remove(callingGrainId, reminder.ReminderName);
                return;
            }
        }

        throw new ReminderException($"Reminder {reminder.ReminderName} of {callingGrainId} is being changed by another. Try again.");
    }

    public async Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reminderName);
        return await Table.ReadRow(callingGrainId, reminderName) is { } entry ? new Reminder(entry) : null;
    }

    public async Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) =>
        [.. (await Table.ReadRows(callingGrainId)).Reminders.Select(static entry => new Reminder(entry))];

    public void Dispose() => _stopping.Dispose();

    internal async Task Start(CancellationToken cancellationToken)
    {
        if (_table is null)
            return;
        await _table.StartAsync(cancellationToken);
        _loop = Task.Run(Run, CancellationToken.None);
    }

    /// <summary>Delivers no more, and waits for what is being delivered.</summary>
    internal async Task Stop(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await _loop.WaitAsync(cancellationToken);
        }
        finally
        {
            if (_table is not null)
                await _table.StopAsync(cancellationToken);
        }
    }

    private IReminderTable Table => _table
        ?? throw new OrleansConfigurationException("Reminders need an IReminderTable, and none is registered.");

    private async Task Run()
    {
        var refreshAt = DateTime.MinValue;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (Now >= refreshAt)
                {
                    refreshAt = Now + options.Value.RefreshReminderListPeriod;
                    await _schedule.Refresh(() => Table.ReadRows(0, 0));
                }

                await Parallel.ForEachAsync(
                    _schedule.TakeDue(Now),
                    new ParallelOptions { MaxDegreeOfParallelism = ConcurrentDeliveries },
                    async (entry, _) => await Deliver(entry));
            }
            catch (Exception exception)
            {
                log.LogWarning(exception, "Reminders could not be read; trying again in {Period}", options.Value.RefreshReminderListPeriod);
            }

            var (wake, changed) = _schedule.NextWake(refreshAt);
            await WaitUntil(wake, changed);
        }
    }

    private async Task WaitUntil(DateTime wake, Task changed)
    {
        if (wake - Now is not { Ticks: > 0 } wait)
            return;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        await Task.WhenAny(Task.Delay(wait, _time, waiting.Token), changed);
        await waiting.CancelAsync();
    }

    private async Task Deliver(ReminderEntry entry)
    {
        if (_stopping.IsCancellationRequested)
            return;
        var due = entry.StartAt;
        try
        {
            var lease = options.Value.ResponseTimeout * 2;
            if (await Move(entry, Now + (lease > ShortestLease ? lease : ShortestLease)) is not { } claimed)
                return;
            await Call(claimed, due);
            var ticks = Math.Max(1, (long)Math.Ceiling((Now - due) / entry.Period));
            await Move(claimed, due + entry.Period * ticks);
        }
        catch (Exception exception)
        {
            // Without its row it is not in the schedule any more; the next reading of the table brings it back.
            log.LogWarning(exception, "Reminder {Reminder} of {Grain} could not be claimed", entry.ReminderName, entry.GrainId);
        }
    }

    private async Task Call(ReminderEntry entry, DateTime due)
    {
        try
        {
            var grain = (IRemindable)(object)runtime.CreateReference(typeof(IRemindable), entry.GrainId);
            await grain.ReceiveReminder(entry.ReminderName, new TickStatus(due, entry.Period, Now));
        }
        catch (Exception exception)
        {
            log.LogError(exception, "Reminder {Reminder} of {Grain} failed; it comes again after its period", entry.ReminderName, entry.GrainId);
        }
    }

    /// <summary>Moves a reminder on if it is still as we know it, and learns what became of it.</summary>
    private async Task<ReminderEntry?> Move(ReminderEntry entry, DateTime startAt)
    {
        var moved = new ReminderEntry
        {
            GrainId = entry.GrainId, ReminderName = entry.ReminderName, StartAt = startAt, Period = entry.Period, ETag = entry.ETag,
        };
        if (await Table.UpsertRow(moved) is { } etag)
        {
            moved.ETag = etag;
            _schedule.Set(moved);
            return moved;
        }

        if (await Table.ReadRow(entry.GrainId, entry.ReminderName) is { } other)
            _schedule.Set(other);
        else
            _schedule.Remove(entry.GrainId, entry.ReminderName);
        return null;
    }

    private sealed record Reminder(string ReminderName) : IGrainReminder
    {
        internal Reminder(ReminderEntry entry)
            : this(entry.ReminderName)
        {
        }
    }
}
