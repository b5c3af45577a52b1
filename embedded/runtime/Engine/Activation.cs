using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>
/// One activation of a grain, and the scheduler its code runs on.
/// </summary>
/// <remarks>
/// Calls and continuations wait in one inbox. Whenever it is not empty, one pump is queued on the thread pool; the
/// pump takes items one by one, so no two pieces of a grain's code ever run at once, and what a pump alone touches needs
/// no lock. The pump's items run inside a task of this scheduler, so that code after an await comes back to the inbox.
/// Three partial classes: the pump here, calls in Activation.Calls.cs, life and death in Activation.Lifecycle.cs.
/// </remarks>
internal sealed partial class Activation : TaskScheduler, IThreadPoolWorkItem, IGrainContext
{
    /// <summary>Items a pump takes before it lets other activations have the thread.</summary>
    private const int Quantum = 128;

    private static readonly Action<object?> DrainAction = static state => ((Activation)state!).Drain();
    private static readonly ExecutionContext CleanContext = CaptureCleanContext();

    [ThreadStatic]
    private static Activation? current;

    private readonly Lock _gate = new();

    // Guarded by the gate.
    private readonly Queue<object> _inbox = new();
    private bool _isPumpQueued;

    internal Activation(GrainClass grainClass, string key)
    {
        Class = grainClass;
        Key = key;
    }

    /// <summary>The activation whose code runs on this thread.</summary>
    internal static new Activation? Current => current;

    public override int MaximumConcurrencyLevel => 1;

    internal GrainClass Class { get; }

    internal string Key { get; }

    internal GrainRuntime Runtime => Class.Runtime;

    void IThreadPoolWorkItem.Execute()
    {
        var outer = current;
        current = this;
        new Task(DrainAction, this, CancellationToken.None, TaskCreationOptions.DenyChildAttach).RunSynchronously(this);
        current = outer;
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _inbox.Enqueue(task);
            if (_isPumpQueued)
                return;
            _isPumpQueued = true;
        }

        QueuePump(preferLocal: true);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && current == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
            return _inbox.OfType<Task>().ToArray();
    }

    // The local queue keeps a call, its turn and its answer on one core as long as no other is idle.
    private void QueuePump(bool preferLocal) => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal);

    private void Drain()
    {
        var callsBefore = _callsStarted;
        var isEmpty = false;
        for (var taken = 0; taken < Quantum && !isEmpty; taken++)
        {
            object? item;
            lock (_gate)
            {
                isEmpty = !_inbox.TryDequeue(out item);
                if (isEmpty)
                    _isPumpQueued = false;
            }

            if (item is not null)
                Take(item);
        }

        CountCalls(callsBefore);
        if (!isEmpty)
            QueuePump(preferLocal: false);
    }

    private void Take(object item)
    {
        try
        {
            if (item is GrainCall call)
                Admit(call);
            else if (item is Task task)
                TryExecuteTask(task);
            Proceed();
        }
        catch (Exception exception)
        {
            // Nothing above throws but by a fault of this runtime; a pump that died would leave callers without an answer.
            Runtime.Log.LogCritical(exception, "The scheduler of {Grain} failed", GrainId);
        }
    }

    private void CountCalls(long before)
    {
        if (_callsStarted != before)
            Class.CountCalls(_callsStarted - before);
    }

    private static ExecutionContext CaptureCleanContext()
    {
        ExecutionContext? clean = null;
        var thread = new Thread(() => clean = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return clean!;
    }
}
