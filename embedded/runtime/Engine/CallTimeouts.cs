namespace CodeSigning.Embedded.Engine;

/// <summary>
/// Ends the wait of callers. Time is counted in coarse ticks, so that a call reads no clock; an activation is looked at
/// only while calls to it are unanswered. A time-out is late by up to two ticks and never early.
/// </summary>
internal sealed class CallTimeouts : IDisposable
{
    private readonly TimeSpan _responseTimeout;
    private readonly TimeSpan _tick;
    private readonly int _ordinaryTicks;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private List<Activation> _watched = [];
    private volatile int _now;

    internal CallTimeouts(TimeProvider time, TimeSpan responseTimeout)
    {
        _responseTimeout = responseTimeout;
        _tick = TimeSpan.FromMilliseconds(Math.Clamp(responseTimeout.TotalMilliseconds / 10, 10, 1000));
        _ordinaryTicks = TicksOf(responseTimeout);
        _timer = time.CreateTimer(static state => ((CallTimeouts)state!).OnTick(), this, _tick, _tick);
    }

    public void Dispose() => _timer.Dispose();

    internal int DeadlineOf(GrainMethod method) =>
        _now + (method.ResponseTimeout is { } own ? TicksOf(own) : _ordinaryTicks);

    internal void Watch(Activation activation)
    {
        lock (_gate)
            _watched.Add(activation);
    }

    private int TicksOf(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? int.MaxValue / 2 : (int)Math.Min(int.MaxValue / 2, Math.Ceiling(timeout / _tick));

    private void OnTick()
    {
        _now++;
        List<Activation> watched;
        lock (_gate)
            (watched, _watched) = (_watched, []);

        List<GrainCall> expired = [];
        foreach (var activation in watched)
        {
            var isStillWatched = activation.CollectExpired(_now, expired);
            foreach (var call in expired)
                call.Fail(new TimeoutException(
                    $"{call.Method} of {activation.GrainId} did not answer within {call.Method.ResponseTimeout ?? _responseTimeout}. It may still be running."));
            expired.Clear();
            if (isStillWatched)
                Watch(activation);
        }
    }
}
