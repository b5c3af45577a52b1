
namespace CodeSigning.Testing;

/// <summary>A clock that stands still until a test moves it. Timers fire in the order they are due, on the moving thread.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private DateTimeOffset _target = DateTimeOffset.MinValue;

    /// <summary>Tells that a timer runs, for a test that must not move the clock before.</summary>
    public event EventHandler? TimerCreated;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        TimerCreated?.Invoke(this, EventArgs.Empty);
        return timer;
    }

    /// <summary>Moves on, or back by a negative time. Where several threads move it, it moves by the sum.</summary>
    public void Advance(TimeSpan by)
    {
        var until = MoveTarget(by);
        while (TakeNextDue(until) is { } timer)
        {
            timer.Fire();
        }

        lock (_gate)
        {
            _now = by < TimeSpan.Zero ? until : Later(_now, until);
        }
    }

    /// <summary>
    /// Moves on as for a machine that slept: a periodic timer that is due many times over fires once, where <see cref="Advance"/>
    /// would fire it tens of millions of times for a year.
    /// </summary>
    public void Sleep(TimeSpan by)
    {
        ManualTimer[] overdue;
        var until = MoveTarget(by);
        lock (_gate)
        {
            _now = Later(_now, until);
            overdue = [.. _timers.Where(timer => timer.Due <= _now).OrderBy(static timer => timer.Due)];
            foreach (var timer in overdue)
            {
                if (timer.Period > TimeSpan.Zero)
                {
                    timer.Due = _now + timer.Period;
                }
                else
                {
                    _timers.Remove(timer);
                }
            }
        }

        foreach (var timer in overdue)
        {
            timer.Fire();
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    // An advance that has not arrived yet is part of where the next one begins.
    private DateTimeOffset MoveTarget(TimeSpan by)
    {
        lock (_gate)
        {
            return _target = Later(_target, _now) + by;
        }
    }

    private ManualTimer? TakeNextDue(DateTimeOffset until)
    {
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.Due <= until).MinBy(static timer => timer.Due);
            if (next is null)
            {
                return null;
            }

            if (next.Due > _now)
            {
                _now = next.Due;
            }

            if (next.Period > TimeSpan.Zero)
            {
                next.Due += next.Period;
            }
            else
            {
                _timers.Remove(next);
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                Due = clock._now + dueTime;
                Period = period;
                clock._timers.Add(this);
            }

            return true;
        }

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
