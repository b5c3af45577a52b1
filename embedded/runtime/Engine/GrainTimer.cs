using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>The method a timer's tick appears as to call filters, as on Orleans.</summary>
internal interface IGrainTimerInvoker : IAddressable
{
    Task InvokeCallbackAsync();
}

/// <summary>A timer of an activation. Each tick is a call of the activation to itself; the next is set when it has ended.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly GrainTimerCreationOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private TimeSpan _dueTime, _period;
    private bool _isTicking, _isChanged;

    internal GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        _options = options;

        // A tick is nobody's call, so nothing flows into it.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _timer = activation.Runtime.GrainTime.CreateTimer(
                static state => ((GrainTimer)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfUnsupported(dueTime, nameof(dueTime));
        ThrowIfUnsupported(period, nameof(period));
        lock (_gate)
        {
            (_dueTime, _period) = (dueTime, period);
            _isChanged = true;
            if (!_isTicking)
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _timer.Dispose();
        _activation.Forget(this);
    }

    private static void ThrowIfUnsupported(TimeSpan time, string name)
    {
        if (time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(name, time, "A timer's times are not negative.");
    }

    private void OnDue()
    {
        lock (_gate)
            _isTicking = true;
        _activation.TryAccept(new Tick(this));
    }

    private async ValueTask InvokeCallback()
    {
        lock (_gate)
            _isChanged = false;
        try
        {
            await _callback(_stop.Token);
        }
        finally
        {
            lock (_gate)
            {
                _isTicking = false;
                if (!_stop.IsCancellationRequested)
                    _timer.Change(_isChanged ? _dueTime : _period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class Tick(GrainTimer timer) : VoidGrainCall(TickMethod)
    {
        private static readonly GrainMethod TickMethod = new(
            typeof(IGrainTimerInvoker), nameof(IGrainTimerInvoker.InvokeCallbackAsync), [], GrainMethodTraits.None, null);

        internal override bool AlwaysInterleaves => timer._options.Interleave;

        internal override bool KeepsAlive => timer._options.KeepAlive;

        internal override bool IsLocal => true;

        internal override bool IsAnswered => timer._stop.IsCancellationRequested;

        protected override ValueTask Invoke(object grain) => timer.InvokeCallback();
    }
}
