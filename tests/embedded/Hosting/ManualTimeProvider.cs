namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>A clock that stands still until a test moves it. Timers fire in the order they are due, on the moving thread.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;
        while (TakeNextDue(until) is { } timer)
            timer.Fire();
        lock (_gate)
            _now = until;
    }

    /// <summary>Moves by steps of a second at most, as hosts that look at the clock now and then need it.</summary>
    public void AdvanceBySteps(TimeSpan by)
    {
        for (; by > TimeSpan.Zero; by -= TimeSpan.FromSeconds(1))
            Advance(by < TimeSpan.FromSeconds(1) ? by : TimeSpan.FromSeconds(1));
    }

    /// <summary>Moves step by step until something holds, letting other threads work in between.</summary>
    public async Task AdvanceUntil(Func<bool> holds, TimeSpan step, TimeSpan atMost)
    {
        for (var moved = TimeSpan.Zero; !holds(); moved += step)
        {
            if (moved > atMost)
                throw new TimeoutException($"It does not hold after {atMost} of the test's clock.");
            Advance(step);
            for (var look = 0; look < 20 && !holds(); look++)
                await Task.Delay(1);
        }
    }

    private ManualTimer? TakeNextDue(DateTimeOffset until)
    {
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.Due <= until).MinBy(static timer => timer.Due);
            if (next is null)
                return null;
            if (next.Due > _now)
                _now = next.Due;
            if (next.Period > TimeSpan.Zero)
                next.Due += next.Period;
            else
                _timers.Remove(next);
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
                    return true;
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
