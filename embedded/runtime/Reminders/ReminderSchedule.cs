using Orleans;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Reminders;

/// <summary>The reminders this node knows of, in the order in which they are due.</summary>
internal sealed class ReminderSchedule
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId Grain, string Name), ReminderEntry> _known = [];

    // Holds every known entry once, and older ones of the same name, which are dropped when their time has come.
    private readonly PriorityQueue<ReminderEntry, DateTime> _byTime = new();
    private DateTime _wake = DateTime.MaxValue;

    // What was set or removed while the table is being read is newer than what the reading brings.
    private HashSet<(GrainId Grain, string Name)>? _changedMeanwhile;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Takes what a reading of the table brings in place of all that was known before it.</summary>
    internal async Task Refresh(Func<Task<ReminderTableData>> read)
    {
        lock (_gate)
            _changedMeanwhile = [];
        var rows = (await read()).Reminders;
        lock (_gate)
        {
            var newer = _changedMeanwhile;
            _changedMeanwhile = null;
            var kept = _known.Where(known => newer.Contains(known.Key)).Select(static known => known.Value).ToArray();
            _known.Clear();
            _byTime.Clear();
            foreach (var entry in rows.Where(row => !newer.Contains((row.GrainId, row.ReminderName))).Concat(kept))
                Add(entry);
        }
    }

    /// <summary>Takes an entry in place of what was known of it.</summary>
    internal void Set(ReminderEntry entry)
    {
        lock (_gate)
        {
            _changedMeanwhile?.Add((entry.GrainId, entry.ReminderName));
            Add(entry);
            if (entry.StartAt < _wake)
                _changed.TrySetResult();
        }
    }

    internal void Remove(GrainId grain, string name)
    {
        lock (_gate)
        {
            _changedMeanwhile?.Add((grain, name));
            _known.Remove((grain, name));
        }
    }

    /// <summary>Takes out what is due. Whoever delivers it puts it back with its next time.</summary>
    internal List<ReminderEntry> TakeDue(DateTime now)
    {
        List<ReminderEntry> due = [];
        lock (_gate)
        {
            while (_byTime.TryPeek(out var entry, out var startAt) && startAt <= now)
            {
                _byTime.Dequeue();
                if (!IsCurrent(entry))
                    continue;
                _known.Remove((entry.GrainId, entry.ReminderName));
                due.Add(entry);
            }
        }

        return due;
    }

    /// <summary>When to look again at the latest, and what tells of something earlier.</summary>
    internal (DateTime Wake, Task Changed) NextWake(DateTime latest)
    {
        lock (_gate)
        {
            while (_byTime.TryPeek(out var entry, out _) && !IsCurrent(entry))
                _byTime.Dequeue();
            _wake = _byTime.TryPeek(out _, out var startAt) && startAt < latest ? startAt : latest;
            if (_changed.Task.IsCompleted)
                _changed = NewSignal();
            return (_wake, _changed.Task);
        }
    }

    private void Add(ReminderEntry entry)
    {
        _known[(entry.GrainId, entry.ReminderName)] = entry;
        _byTime.Enqueue(entry, entry.StartAt);
    }

    private bool IsCurrent(ReminderEntry entry) =>
        _known.TryGetValue((entry.GrainId, entry.ReminderName), out var known) && ReferenceEquals(known, entry);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
