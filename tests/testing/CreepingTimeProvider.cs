namespace CodeSigning.Testing;

/// <summary>
/// A clock that goes on a little each time that one looks at it, while the clock that a test moves stands still. Orleans'
/// reminders wait until a moment, and look again until it has come; <see cref="Task.Delay(TimeSpan)"/> cuts what is left of
/// a millisecond off, so that under a clock that stands still they would look without end.
/// </summary>
public sealed class CreepingTimeProvider(TimeProvider clock) : TimeProvider
{
    private static readonly TimeSpan Step = TimeSpan.FromTicks(1);
    private readonly Lock _gate = new();
    private DateTimeOffset _last;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            return _last = now > _last ? now : _last + Step;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
