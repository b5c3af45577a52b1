using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

internal sealed partial class Activation
{
    private enum Stage : byte
    {
        New,
        Activating,
        Active,
        Deactivating,
        Ended,
    }

    // Written under the gate where others read it.
    private volatile Stage _stage;
    private volatile bool _isEnding;
    private DeactivationReason _reason;
    private CancellationToken _endPromptly;
    private TaskCompletionSource? _deactivated;
    private Dictionary<Type, object>? _components;

    private AsyncServiceScope _services;
    private List<GrainTimer>? _timers;
    private DateTimeOffset _idleSince;
    private DateTimeOffset _keepUntil;

    public GrainId GrainId => new(Class.GrainType, IdSpan.Create(Key));

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => _services.ServiceProvider;

    public Task Deactivated
    {
        get
        {
            lock (_gate)
            {
                if (_stage == Stage.Ended)
                    return Task.CompletedTask;
                _deactivated ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _deactivated.Task;
            }
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_isEnding || _stage == Stage.Ended)
                return;
            _isEnding = true;
            _reason = deactivationReason;
            _endPromptly = cancellationToken;
            // The pump sees to it after what it is running now.
            _inbox.Enqueue(this);
            if (_isPumpQueued)
                return;
            _isPumpQueued = true;
        }

        QueuePump(preferLocal: true);
    }

    public object? GetComponent(Type componentType)
    {
        lock (_gate)
            return _components?.GetValueOrDefault(componentType);
    }

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
    {
        lock (_gate)
        {
            if (value is null)
                _components?.Remove(typeof(TComponent));
            else
                (_components ??= [])[typeof(TComponent)] = value;
        }
    }

    internal IGrainTimer RegisterTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        if (current != this)
            throw new InvalidOperationException("A grain registers its timers in its own turn.");
        var timer = new GrainTimer(this, callback, options);
        lock (_gate)
            (_timers ??= []).Add(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    internal void Forget(GrainTimer timer)
    {
        lock (_gate)
            _timers?.Remove(timer);
    }

    internal void DelayDeactivation(TimeSpan timeSpan)
    {
        var now = Runtime.Collector.Now;
        _keepUntil = timeSpan == Timeout.InfiniteTimeSpan || timeSpan >= DateTimeOffset.MaxValue - now
            ? DateTimeOffset.MaxValue
            : timeSpan <= TimeSpan.Zero ? default : now + timeSpan;
    }

    /// <summary>
    /// Ends the activation if it was idle for its age. What was used since the last look counts as used now, so that calls
    /// need not read the clock; collection is late by up to two looks and never early.
    /// </summary>
    internal void CollectIfIdle(DateTimeOffset now)
    {
        if (_stage != Stage.Active || _isEnding)
            return;
        if (_wasUsed || Load > 0)
        {
            _wasUsed = false;
            _idleSince = now;
            return;
        }

        lock (_gate)
        {
            if (_inbox.Count == 0)
                _inbox.TrimExcess();
        }

        if (now - _idleSince >= Class.CollectionAge && now >= _keepUntil)
            Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "Nobody called the grain for its collection age."));
    }

    /// <summary>What is to be done once an item has settled. Runs on the pump.</summary>
    private void Proceed()
    {
        if (_stage == Stage.New)
        {
            _stage = Stage.Activating;
            _ = Activate();
        }

        while (_isTurnFree)
        {
            _isTurnFree = false;
            StartWaiting();
        }

        if (_isEnding && _stage == Stage.Active && _running == 0)
        {
            _stage = Stage.Deactivating;
            _ = End();
        }
    }

    private async Task Activate()
    {
        using var limit = new CancellationTokenSource(Runtime.Options.ActivationTimeout);
        try
        {
            _services = Runtime.Services.CreateAsyncScope();
            GrainInstance = Class.Activator.Create(this, out var facets);
            foreach (var facet in facets)
                await facet.ReadStateAsync(limit.Token).WaitAsync(limit.Token);
            await ((IGrainBase)GrainInstance).OnActivateAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception exception)
        {
            Runtime.Log.LogError(exception, "{Grain} could not be activated", GrainId);
            StopTimers();
            await Release();
            Retire(exception is OperationCanceledException && limit.IsCancellationRequested
                ? new TimeoutException($"{GrainId} was not active after {Runtime.Options.ActivationTimeout}.", exception)
                : exception);
            return;
        }

        Class.CountActivation(1);
        _stage = Stage.Active;
        _isTurnFree = true;
    }

    private async Task End()
    {
        StopTimers();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_endPromptly);
            limit.CancelAfter(Runtime.Options.DeactivationTimeout);
            await ((IGrainBase)GrainInstance!).OnDeactivateAsync(_reason, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception exception)
        {
            Runtime.Log.LogError(exception, "{Grain} could not deactivate in order", GrainId);
        }

        await Release();
        Class.CountActivation(-1);
        Retire(failure: null);
    }

    private void StopTimers()
    {
        GrainTimer[] timers;
        lock (_gate)
            timers = _timers?.ToArray() ?? [];
        foreach (var timer in timers)
            timer.Dispose();
    }

    private async Task Release()
    {
        try
        {
            if (GrainInstance is IAsyncDisposable asyncDisposable)
                await asyncDisposable.DisposeAsync();
            else
                (GrainInstance as IDisposable)?.Dispose();
            await _services.DisposeAsync();
        }
        catch (Exception exception)
        {
            Runtime.Log.LogError(exception, "{Grain} could not be disposed", GrainId);
        }
    }

    /// <summary>
    /// Leaves the directory. Calls that wait go to the next activation, before any that come later, or fail with what made
    /// the activation fail.
    /// </summary>
    private void Retire(Exception? failure)
    {
        List<GrainCall> orphans = [];
        TaskCompletionSource? deactivated;
        lock (_gate)
        {
            _stage = Stage.Ended;
            deactivated = _deactivated;
            for (var call = _firstUnanswered; call is not null; call = _firstUnanswered)
            {
                Unlink(call);
                if (call.IsLocal || call.IsAnswered)
                    call.Release();
                else
                    orphans.Add(call);
            }

            var rest = _inbox.Where(static item => item is Task).ToArray();
            _inbox.Clear();
            foreach (var task in rest)
                _inbox.Enqueue(task);
            _waiting = default;
            Class.Leave(this, failure is null ? orphans : []);
        }

        if (failure is not null)
            foreach (var call in orphans)
                call.Fail(failure);
        deactivated?.TrySetResult();
    }
}
