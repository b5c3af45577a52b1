using CodeSigning.Testing;
using Orleans.Timers;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>Reminders that come on the thread that moves the test's clock.</summary>
internal sealed class MemoryReminders(ManualTimeProvider time, Func<GrainId, string, Task> remind) : IReminderRegistry
{
    private readonly Dictionary<(GrainId Grain, string Name), ITimer> _timers = [];

    public Task<IGrainReminder> RegisterOrUpdateReminder(
        GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        Remove(callingGrainId, reminderName);
        _timers[(callingGrainId, reminderName)] = time.CreateTimer(
            _ => remind(callingGrainId, reminderName).GetAwaiter().GetResult(), null, dueTime, period);
        return Task.FromResult<IGrainReminder>(new Reminder(reminderName));
    }

    public Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        Remove(callingGrainId, reminder.ReminderName);
        return Task.CompletedTask;
    }

    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName) =>
        Task.FromResult<IGrainReminder?>(
            _timers.ContainsKey((callingGrainId, reminderName)) ? new Reminder(reminderName) : null);

    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) => throw new NotSupportedException();

    private void Remove(GrainId grain, string name)
    {
        if (_timers.Remove((grain, name), out var timer))
        {
            timer.Dispose();
        }
    }

    private sealed record Reminder(string ReminderName) : IGrainReminder;
}
