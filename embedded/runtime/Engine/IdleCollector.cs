namespace CodeSigning.Embedded.Engine;

/// <summary>Looks at every activation each quantum, and ends those that nobody used for their age.</summary>
internal sealed class IdleCollector : IDisposable
{
    private readonly GrainRuntime _runtime;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    internal IdleCollector(GrainRuntime runtime, TimeProvider time, TimeSpan quantum)
    {
        _runtime = runtime;
        _time = time;
        _timer = time.CreateTimer(static state => ((IdleCollector)state!).Look(), this, quantum, quantum);
    }

    internal DateTimeOffset Now => _time.GetUtcNow();

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = Now;
        foreach (var activation in _runtime.Activations)
            activation.CollectIfIdle(now);
    }
}
